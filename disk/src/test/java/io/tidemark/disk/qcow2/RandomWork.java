// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.Image;
import io.tidemark.disk.Request;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;

/** Requests of all sorts from two loops at once, of which none overlap, against the bytes that the disk should have. */
final class RandomWork {
    private static final int SECTOR = 512;
    private static final int LONGEST = 1 << 20;

    private final byte[] model;
    private final boolean[] busy;
    private final Random random;
    private final String story;

    /** @param model the disk's content, changed along with it */
    RandomWork(byte[] model, long seed, String story) {
        this.model = model;
        this.busy = new boolean[model.length / SECTOR];
        this.random = new Random(seed);
        this.story = story;
    }

    void run(Image image, int steps) {
        try (Lane first = new Lane(image);
                Lane second = new Lane(image)) {
            for (int step = 0; step < steps; step++) {
                Lane lane = random.nextInt(3) == 0 ? second : first;
                if (lane.hasFree()) {
                    begin(lane);
                }
                first.turn(!first.hasFree());
                second.turn(!second.hasFree());
            }
            first.drain();
            second.drain();
            compare(first);
        }
    }

    private void begin(Lane lane) {
        long sectors = busy.length;
        int from = random.nextInt(busy.length);
        long most = switch (random.nextInt(8)) {
            case 0 -> LONGEST / SECTOR;
            case 1, 2, 3 -> 128;
            default -> 8;
        };
        int to = (int) Math.min(sectors, from + 1 + random.nextLong(most));
        for (int sector = from; sector < to; sector++) {
            if (busy[sector]) {
                return;
            }
        }
        Request.Kind kind = switch (random.nextInt(16)) {
            case 0 -> Request.Kind.DISCARD;
            case 1, 2 -> Request.Kind.WRITE_ZEROES;
            case 3 -> Request.Kind.FLUSH;
            case 4, 5, 6, 7 -> Request.Kind.READ;
            default -> Request.Kind.WRITE;
        };
        if (kind == Request.Kind.FLUSH) {
            lane.submit(kind, 0, 0, false, (_, status, _) -> check(kind, status));
            return;
        }
        Arrays.fill(busy, from, to, true);
        int value = random.nextInt(1, 256);
        long offset = (long) from * SECTOR;
        long length = (long) (to - from) * SECTOR;
        fill(lane.data(length), value);
        lane.submit(kind, offset, length, random.nextInt(4) == 0, (request, status, data) -> {
            check(request, status);
            if (kind == Request.Kind.READ) {
                compare(data, request.offset());
            } else if (kind == Request.Kind.WRITE) {
                MemorySegment.copy(data, 0, MemorySegment.ofArray(model), request.offset(), request.length());
            } else {
                Arrays.fill(model, (int) request.offset(), (int) request.end(), (byte) 0);
            }
            for (long sector = request.offset() / SECTOR; sector < request.end() / SECTOR; sector++) {
                busy[(int) sector] = false;
            }
        });
    }

    /** Each sector is another's. */
    private static void fill(MemorySegment data, int value) {
        for (long at = 0; at < data.byteSize(); at += SECTOR) {
            data.asSlice(at, SECTOR).fill((byte) (value + at / SECTOR));
        }
    }

    private void check(Object what, int status) {
        assertThat(status).as("%s: %s", story, what).isZero();
    }

    private void compare(Lane lane) {
        for (int at = 0; at < model.length; ) {
            int length = Math.min(LONGEST, model.length - at);
            lane.submit(Request.Kind.READ, at, length, false, (request, status, data) -> {
                check(request, status);
                compare(data, request.offset());
            });
            lane.drain();
            at += length;
        }
    }

    private void compare(MemorySegment data, long offset) {
        long mismatch = data.mismatch(MemorySegment.ofArray(model).asSlice(offset, data.byteSize()));
        if (mismatch >= 0) {
            throw new AssertionError(story + ": byte " + (offset + mismatch) + " is "
                    + data.get(ValueLayout.JAVA_BYTE, mismatch) + ", not " + model[(int) (offset + mismatch)]);
        }
    }
}
