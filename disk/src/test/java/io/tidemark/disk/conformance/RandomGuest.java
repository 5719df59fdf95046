// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.Image;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Random;

/**
 * Random requests of all kinds on one stretch of an image, many at once, none of which touch the same sectors at the same time; what is
 * read must be what a model says.
 */
final class RandomGuest {
    private static final int DEPTH = 8;
    private static final int SECTOR = 512;
    private static final int MOST = 256 << 10;

    /** Of buffers, so that they begin anywhere. */
    private static final int SLACK = 4096;

    private final long begin;
    private final byte[] model;
    private final boolean[] busy;
    private final Random random;
    private final String seed;

    /** @param begin where its stretch of the image begins, in bytes */
    RandomGuest(long begin, int length, long seed) {
        this.begin = begin;
        this.model = new byte[length];
        this.busy = new boolean[length / SECTOR];
        this.random = new Random(seed);
        this.seed = "seed " + seed;
    }

    /** What the stretch must hold when nothing is on its way. */
    byte[] model() {
        return model;
    }

    void run(Image image, int operations) {
        try (TestLoop loop = new TestLoop(image, DEPTH)) {
            for (int i = 0; i < operations; i++) {
                while (!loop.hasFree()) {
                    loop.await();
                }
                one(loop);
                if (random.nextInt(4) == 0) {
                    loop.await();
                }
            }
        }
    }

    private void one(TestLoop loop) {
        int length = SECTOR * (1 + (random.nextInt(4) == 0 ? random.nextInt(MOST / SECTOR) : random.nextInt(16)));
        int at = SECTOR * random.nextInt((model.length - length) / SECTOR + 1);
        if (random.nextBoolean()) {
            at &= -4096;
            length = Math.min(model.length - at, (length + 4095) & -4096);
        }
        if (!takes(at, length)) {
            return;
        }
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> write(loop, at, length);
            case 3 -> zero(loop, Request.Kind.DISCARD, at, length);
            case 4 -> zero(loop, Request.Kind.WRITE_ZEROES, at, length);
            case 5 -> {
                release(at, length);
                flush(loop);
            }
            default -> read(loop, at, length);
        }
    }

    private boolean takes(int at, int length) {
        for (int i = at / SECTOR; i < (at + length) / SECTOR; i++) {
            if (busy[i]) {
                return false;
            }
        }
        mark(at, length, true);
        return true;
    }

    private void release(int at, int length) {
        mark(at, length, false);
    }

    private void mark(int at, int length, boolean value) {
        for (int i = at / SECTOR; i < (at + length) / SECTOR; i++) {
            busy[i] = value;
        }
    }

    /** Memory of one to three buffers, at any address. */
    private MemorySegment buffers(Request request, int length) {
        MemorySegment memory = NativeMemory.anonymous(length + SLACK, Arena.ofAuto());
        MemorySegment part = memory.asSlice(random.nextBoolean() ? 0 : random.nextInt(SLACK), length);
        int first = random.nextInt(length);
        if (first > 0) {
            request.data().add(part.address(), first);
        }
        request.data().add(part.address() + first, length - first);
        return part;
    }

    private void write(TestLoop loop, int at, int length) {
        Request request = loop.begin(Request.Kind.WRITE, begin + at, length);
        request.durable(random.nextInt(8) == 0);
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        MemorySegment memory = buffers(request, length);
        memory.copyFrom(MemorySegment.ofArray(bytes));
        loop.submit(request, (done, status) -> {
            assertThat(status).as("%s: %s", seed, done).isZero();
            Reference.reachabilityFence(memory); // the request has its address alone
            System.arraycopy(bytes, 0, model, at, length);
            release(at, length);
        });
    }

    private void zero(TestLoop loop, Request.Kind kind, int at, int length) {
        Request request = loop.begin(kind, begin + at, length);
        request.mayUnmap(random.nextBoolean());
        request.durable(random.nextInt(8) == 0);
        loop.submit(request, (done, status) -> {
            assertThat(status).as("%s: %s", seed, done).isZero();
            if (!done.withoutEffect()) {
                Arrays.fill(model, at, at + length, (byte) 0);
            }
            release(at, length);
        });
    }

    private void flush(TestLoop loop) {
        loop.submit(
                loop.begin(Request.Kind.FLUSH, 0, 0),
                (done, status) -> assertThat(status).as("%s: flush", seed).isZero());
    }

    private void read(TestLoop loop, int at, int length) {
        Request request = loop.begin(Request.Kind.READ, begin + at, length);
        MemorySegment memory = buffers(request, length);
        loop.submit(request, (done, status) -> {
            assertThat(status).as("%s: %s", seed, done).isZero();
            assertThat(memory.mismatch(MemorySegment.ofArray(model).asSlice(at, length)))
                    .as("%s: first byte that differs in %s", seed, done)
                    .isEqualTo(-1);
            release(at, length);
        });
    }
}
