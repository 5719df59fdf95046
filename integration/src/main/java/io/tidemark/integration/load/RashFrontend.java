// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.blkio.BlkioException;
import io.tidemark.integration.blkio.BlkioQueue;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** A frontend that leaves with requests in flight. Its main program goes on until it is killed. */
public final class RashFrontend {
    /** What the main program prints when its queues are full and answers have come. */
    public static final String UNDER_WAY = "under way";

    private static final int DEPTH = 16;
    private static final int LONGEST = 128 << 10;
    private static final int BLOCK = 4096;

    private final BlkioDisk disk;
    private final MemorySegment memory;
    private final SplittableRandom random;

    private RashFrontend(BlkioDisk disk, SplittableRandom random) {
        this.disk = disk;
        this.memory = disk.allocate((long) disk.queues() * DEPTH * LONGEST);
        this.random = random;
        for (long at = 0; at < memory.byteSize(); at += Long.BYTES) {
            memory.set(ValueLayout.JAVA_LONG, at, random.nextLong());
        }
    }

    /** Connects, fills the queues, takes some of the answers, and closes the socket. */
    public static void visit(Path socket, int queues, SplittableRandom random) {
        try (BlkioDisk disk = BlkioDisk.open(socket, queues)) {
            RashFrontend frontend = new RashFrontend(disk, random);
            for (int q = 0; q < queues; q++) {
                frontend.fill(q);
                take(disk.queue(q), random.nextInt(DEPTH));
            }
        }
    }

    /** Arguments: socket, number of queues, seed. */
    public static void main(String[] arguments) {
        int queues = Integer.parseInt(arguments[1]);
        SplittableRandom random = new SplittableRandom(Long.parseLong(arguments[2]));
        try (BlkioDisk disk = BlkioDisk.open(Path.of(arguments[0]), queues)) {
            RashFrontend frontend = new RashFrontend(disk, random);
            for (int q = 0; q < queues; q++) {
                frontend.fill(q);
            }
            for (long turn = 0; ; turn++) {
                for (int q = 0; q < queues; q++) {
                    int done = take(disk.queue(q), 1);
                    for (int i = 0; i < done; i++) {
                        frontend.request(q, (int) disk.queue(q).tag(i));
                    }
                }
                if (turn == DEPTH) {
                    System.out.println(UNDER_WAY);
                }
            }
        }
    }

    private void fill(int queue) {
        for (int slot = 0; slot < DEPTH; slot++) {
            request(queue, slot);
        }
    }

    /** Any request, anywhere; each slot has memory of its own. */
    private void request(int queue, int slot) {
        long length = (long) BLOCK * (1 + random.nextInt(LONGEST / BLOCK));
        long offset = BLOCK * random.nextLong((disk.capacity() - length) / BLOCK + 1);
        long address = memory.address() + ((long) queue * DEPTH + slot) * LONGEST;
        BlkioQueue to = disk.queue(queue);
        switch (random.nextInt(8)) {
            case 0 -> to.read(offset, address, length, slot);
            case 1 -> to.writeZeroes(offset, length, slot);
            case 2 -> to.discard(offset, length, slot);
            case 3 -> to.flush(slot);
            default -> to.write(offset, address, length, slot);
        }
    }

    /** Sends what was put in and waits for that many answers. */
    private static int take(BlkioQueue queue, int least) {
        int done = queue.submitAndReap(least);
        for (int i = 0; i < done; i++) {
            if (queue.result(i) != 0) {
                throw new BlkioException("a request failed with errno " + -queue.result(i));
            }
        }
        return done;
    }
}
