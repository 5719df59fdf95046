// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Image;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.ThreadLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One loop of a guest that changes a part of a disk, one request at a time, and knows what that part must hold. */
final class OverlayGuest implements AutoCloseable {
    private static final int LARGEST = 2 << 20;

    private final ThreadLoop loop = new ThreadLoop("guest", 1);
    private final BlockDevice device;
    private final Request request = new Request(0, new IoVector(2));
    private final MemorySegment memory = Arena.ofAuto().allocate(LARGEST, 4096);
    private final byte[] disk;
    private final int from;
    private final int to;
    private final Random random;

    /** @param disk what the disk holds; shared by the guests, each of which has its part */
    OverlayGuest(Image image, byte[] disk, int from, int to, long seed) {
        this.device = loop.call(() -> image.attach(loop));
        this.disk = disk;
        this.from = from;
        this.to = to;
        this.random = new Random(seed);
    }

    /** One random request; what is read must be right. */
    void step() throws Exception {
        int dice = random.nextInt(20);
        int most = Math.min(random.nextInt(10) == 0 ? LARGEST : 32 << 10, to - from) / 512;
        int length = 512 * (1 + random.nextInt(most));
        int offset = from + 512 * random.nextInt((to - from - length) / 512 + 1);
        if (dice < 9) {
            read(offset, length);
        } else if (dice < 10) {
            assertThat(run(Request.Kind.FLUSH, 0, 0)).isZero();
        } else if (dice < 12) {
            assertThat(run(dice == 10 ? Request.Kind.DISCARD : Request.Kind.WRITE_ZEROES, offset, length))
                    .isZero();
            Arrays.fill(disk, offset, offset + length, (byte) 0);
        } else {
            var content = new byte[length];
            random.nextBytes(content);
            write(offset, content);
        }
    }

    void write(int offset, byte[] content) throws Exception {
        MemorySegment.copy(content, 0, memory, ValueLayout.JAVA_BYTE, 0, content.length);
        assertThat(run(Request.Kind.WRITE, offset, content.length)).isZero();
        System.arraycopy(content, 0, disk, offset, content.length);
    }

    void read(int offset, int length) throws Exception {
        memory.asSlice(0, length).fill((byte) 0xee);
        assertThat(run(Request.Kind.READ, offset, length)).isZero();
        var expected = MemorySegment.ofArray(disk).asSlice(offset, length);
        assertThat(memory.asSlice(0, length).mismatch(expected))
                .as("first wrong byte of %s at %s", length, offset)
                .isEqualTo(-1);
    }

    int flush() throws Exception {
        return run(Request.Kind.FLUSH, 0, 0);
    }

    int run(Request.Kind kind, long offset, int length) throws Exception {
        var answer = new CompletableFuture<Integer>();
        loop.execute(() -> {
            request.begin(kind, offset, length);
            if (kind == Request.Kind.READ || kind == Request.Kind.WRITE) {
                request.data().add(memory.address(), length);
            }
            request.onCompletion((_, status) -> answer.complete(status));
            device.submit(request);
        });
        return answer.get(60, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        loop.close();
    }
}
