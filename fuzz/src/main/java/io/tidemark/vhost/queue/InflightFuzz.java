// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.fuzz.Finding;
import io.tidemark.fuzz.GuardedGuest;
import io.tidemark.fuzz.GuardedRam;
import io.tidemark.fuzz.Input;
import io.tidemark.fuzz.Target;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What a frontend may keep as the record of requests in flight, against the recovery, and then the loop that goes on from it. */
public final class InflightFuzz implements Target {
    private static final int MAX_SIZE = 128;

    private final GuardedGuest guest = new GuardedGuest();
    private final SplitScene split = new SplitScene();
    private final PackedScene packed = new PackedScene();
    private final ServedLoop served = new ServedLoop(guest);
    private final GuardedRam record = new GuardedRam(0, 0, (int) Scene.recordBytes(MAX_SIZE));

    @Override
    public void run(Input input) {
        guest.clear();
        record.clear();
        int manner = input.u8();
        Scene scene = (manner & 2) == 0 ? split : packed;
        scene.fill(input, guest);
        scene.fillRecord(input, record.memory());
        guest.remember();
        MemorySegment part =
                record.memory().asSlice(0, InflightLayout.stride(scene.size(), scene instanceof PackedScene));
        if ((manner & 1) != 0) {
            served.serve(scene, part, () -> {
                if ((manner & 4) != 0) {
                    scene.scribble(input, part);
                }
            });
        } else {
            recover(scene, part);
        }
        scene.allow();
        guest.check();
        record.check();
    }

    private void recover(Scene scene, MemorySegment part) {
        try {
            switch (scene) {
                case SplitScene _ -> recoverSplit(part);
                case PackedScene _ -> Virtqueue.open(packed.vring(-1, -1, -1, part), guest.table());
            }
        } catch (BrokenRingException e) {
            // As it should be.
        }
    }

    private void recoverSplit(MemorySegment part) throws BrokenRingException {
        int usedIndex = split.usedIndex(guest);
        InflightRecord inflight = new InflightRecord(part, split.size());
        long before = -1;
        boolean[] seen = new boolean[split.size()];
        for (int head : inflight.recover(usedIndex)) {
            Finding.unless(head >= 0 && head < seen.length && !seen[head], "head " + head + " is done again");
            seen[head] = true;
            long counter = part.get(
                    ValueLayout.JAVA_LONG,
                    InflightLayout.STATES + head * InflightLayout.STATE_SIZE + InflightLayout.COUNTER);
            Finding.unless(before == -1 || Long.compareUnsigned(before, counter) <= 0, "out of order");
            before = counter;
        }
        inflight.taken(0);
        inflight.used(0);
        inflight.published(usedIndex + 1 & 0xffff);
    }

    @Override
    public void close() {
        served.close();
        guest.close();
        record.close();
    }
}
