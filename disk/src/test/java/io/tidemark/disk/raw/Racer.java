// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Image;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.disk.uring.IoUring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A loop with many requests on their way, which owns every other stretch of a few sectors of an image, and knows what they hold;
 * the other loop owns those between, so that both are in the same pages all the time.
 */
final class Racer implements Runnable, Loop {
    private static final int DEPTH = 8;
    private static final int STEPS = 30_000;
    private static final int SECTOR = 512;

    /** Of each loop in turn: less than a page, some pages. */
    private static final int[] STRETCHES = {3, 3, 29, 31, 5, 40};

    private static final int PERIOD = 111;

    private final Image image;
    private final SplittableRandom random;
    private final int which;
    private final byte[] model;
    private final boolean[] busy;
    private final MemorySegment memory = NativeMemory.anonymous((long) DEPTH << 20, Arena.ofAuto());
    private final Request[] requests = new Request[DEPTH];
    private final byte[] values = new byte[DEPTH];
    private IoUring ring;
    private int inFlight;
    private int atOnce;
    private int submitting = -1;
    private Throwable failure;

    Racer(Image image, long seed, int which) {
        this.image = image;
        this.random = new SplittableRandom(seed);
        this.which = which;
        int sectors = (int) (image.geometry().capacity() / SECTOR);
        this.model = new byte[sectors];
        this.busy = new boolean[sectors];
        for (int id = 0; id < DEPTH; id++) {
            requests[id] = new Request(id, new IoVector(1));
        }
    }

    /** What went wrong; null for nothing. */
    Throwable failure() {
        return failure;
    }

    /** How many requests were complete when they had been submitted. */
    int atOnce() {
        return atOnce;
    }

    @Override
    public void run() {
        try (IoUring closed = new IoUring(2 * DEPTH, 2 * DEPTH)) {
            ring = closed;
            BlockDevice device = image.attach(this);
            for (int step = 0; step < STEPS && failure == null; step++) {
                begin(device, step % DEPTH);
            }
            while (inFlight > 0) {
                ring.enter(1);
                ring.reap();
            }
        } catch (Throwable thrown) {
            failure = thrown;
        }
    }

    private void begin(BlockDevice device, int id) {
        while (requests[id] == null) {
            ring.enter(1);
            ring.reap();
        }
        int at = random.nextInt(model.length);
        int begin = at / PERIOD * PERIOD;
        int index = 0;
        while (begin + STRETCHES[index] <= at) {
            begin += STRETCHES[index++];
        }
        int end = Math.min(model.length, begin + STRETCHES[index]);
        if (index % 2 != which || begin >= model.length) {
            return;
        }
        int from = random.nextInt(begin, end);
        int to = random.nextInt(from, end) + 1;
        for (int sector = from; sector < to; sector++) {
            if (busy[sector]) {
                return;
            }
        }
        submit(device, id, from, to);
    }

    private void submit(BlockDevice device, int id, int from, int to) {
        Request request = requests[id];
        requests[id] = null;
        long offset = (long) from * SECTOR;
        long length = (long) (to - from) * SECTOR;
        MemorySegment data = memory.asSlice((long) id << 20, length);
        values[id] = (byte) random.nextInt(1, 256);
        switch (random.nextInt(8)) {
            case 0, 1, 2, 3 -> {
                request.begin(Request.Kind.READ, offset, length);
                request.data().add(data.fill((byte) 'x').address(), length);
            }
            case 4, 5, 6 -> {
                request.begin(Request.Kind.WRITE, offset, length);
                request.data().add(data.fill(values[id]).address(), length);
            }
            default -> {
                request.begin(Request.Kind.DISCARD, offset, length);
                values[id] = 0;
            }
        }
        Arrays.fill(busy, from, to, true);
        inFlight++;
        request.onCompletion(this::completed);
        submitting = id;
        device.submit(request);
        submitting = -1;
    }

    private void completed(Request request, int status) {
        int id = request.id();
        if (id == submitting) {
            atOnce++;
        }
        if (status != 0) {
            failure = new AssertionError(request + " failed: " + status);
        }
        int from = (int) (request.offset() / SECTOR);
        int to = (int) (request.end() / SECTOR);
        for (int sector = from; sector < to; sector++) {
            busy[sector] = false;
            if (request.kind() == Request.Kind.READ) {
                check(request, sector, memory.asSlice(((long) id << 20) + (long) (sector - from) * SECTOR, SECTOR));
            } else {
                model[sector] = values[id];
            }
        }
        requests[id] = request;
        inFlight--;
    }

    private void check(Request request, int sector, MemorySegment read) {
        for (int i = 0; i < SECTOR; i++) {
            byte is = read.get(ValueLayout.JAVA_BYTE, i);
            if (is != model[sector]) {
                failure = new AssertionError(
                        request + ": byte " + i + " of sector " + sector + " is " + is + ", not " + model[sector]);
            }
        }
    }

    @Override
    public IoUring ring() {
        return ring;
    }

    @Override
    public int requests() {
        return DEPTH;
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }
}
