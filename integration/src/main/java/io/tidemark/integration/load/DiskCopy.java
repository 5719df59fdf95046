// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.blkio.BlkioException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** All of a disk, read as a guest reads it. */
public final class DiskCopy {
    private static final int PIECE = 1 << 20;
    private static final long LIMIT_NANOS = 30_000_000_000L;

    private DiskCopy() {}

    /** Reads the disk behind a socket into a new file. */
    public static void of(Path socket, Path to) {
        try (BlkioDisk disk = BlkioDisk.open(socket, 1);
                FileChannel file = FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var memory = disk.allocate(PIECE);
            for (long at = 0; at < disk.capacity(); at += PIECE) {
                int length = (int) Math.min(PIECE, disk.capacity() - at);
                disk.queue(0).read(at, memory.address(), length, 1);
                if (disk.queue(0).submitAndReap(1, LIMIT_NANOS) != 1
                        || disk.queue(0).result(0) != 0) {
                    throw new BlkioException("a read of " + length + " bytes at " + at + " failed");
                }
                file.write(memory.asSlice(0, length).asByteBuffer());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
