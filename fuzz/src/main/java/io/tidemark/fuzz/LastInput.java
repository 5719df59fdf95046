// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The input that is being run, in a file that outlives the process: a JVM that dies of SIGSEGV tells nothing else. */
final class LastInput {
    private static final int SIZE = 64 << 10;

    private final MappedByteBuffer mapped;

    private LastInput(MappedByteBuffer mapped) {
        this.mapped = mapped;
    }

    static LastInput at(Path file) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            return new LastInput(channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE));
        }
    }

    void set(byte[] input) {
        int length = Math.min(input.length, SIZE - Integer.BYTES);
        mapped.putInt(0, length).put(Integer.BYTES, input, 0, length);
    }

    static byte[] read(Path file) throws IOException {
        ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file));
        byte[] input = new byte[content.getInt()];
        content.get(input);
        return input;
    }
}
