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
    private final SplitScene scene = new SplitScene();
    private final ServedLoop served = new ServedLoop(guest);
    private final GuardedRam record = new GuardedRam(0, 0, (int) InflightLayout.stride(MAX_SIZE));

    @Override
    public void run(Input input) {
        guest.clear();
        record.clear();
        boolean withLoop = input.bool();
        fill(input, record.memory());
        scene.fill(input, guest);
        guest.remember();
        if (withLoop) {
            served.serve(scene, part());
            scene.allow(guest);
            guest.check();
        } else {
            recover(scene.usedIndex(guest));
        }
        record.check();
    }

    private MemorySegment part() {
        return record.memory().asSlice(0, InflightLayout.stride(scene.size()));
    }

    private static void fill(Input input, MemorySegment memory) {
        memory.set(ValueLayout.JAVA_SHORT, InflightLayout.VERSION, (short) input.ofOrAny(1, 1, 1, 0));
        memory.set(ValueLayout.JAVA_SHORT, InflightLayout.DESCRIPTORS, (short)
                (input.bool() ? input.u16() : 1 << input.below(8)));
        memory.set(ValueLayout.JAVA_SHORT, InflightLayout.LAST_BATCH_HEAD, (short) input.u16());
        memory.set(ValueLayout.JAVA_SHORT, InflightLayout.USED_INDEX, (short) input.u16());
        for (int i = input.below(MAX_SIZE); i > 0; i--) {
            long at = InflightLayout.STATES + input.below(MAX_SIZE) * InflightLayout.STATE_SIZE;
            memory.set(ValueLayout.JAVA_BYTE, at + InflightLayout.INFLIGHT, (byte) input.ofOrAny(1, 1, 1, 0));
            memory.set(ValueLayout.JAVA_SHORT, at + InflightLayout.NEXT, (short) input.u16());
            memory.set(ValueLayout.JAVA_LONG, at + InflightLayout.COUNTER, input.bool() ? input.u8() : input.i64());
        }
    }

    private void recover(int usedIndex) {
        MemorySegment memory = part();
        InflightRecord inflight = new InflightRecord(memory, scene.size());
        try {
            long before = -1;
            boolean[] seen = new boolean[scene.size()];
            for (int head : inflight.recover(usedIndex)) {
                Finding.unless(head >= 0 && head < seen.length && !seen[head], "head " + head + " is done again");
                seen[head] = true;
                long counter = memory.get(
                        ValueLayout.JAVA_LONG,
                        InflightLayout.STATES + head * InflightLayout.STATE_SIZE + InflightLayout.COUNTER);
                Finding.unless(before == -1 || Long.compareUnsigned(before, counter) <= 0, "out of order");
                before = counter;
            }
            inflight.taken(0);
            inflight.used(0);
            inflight.published(usedIndex + 1 & 0xffff);
        } catch (BrokenRingException e) {
            // As it should be.
        }
    }

    @Override
    public void close() {
        served.close();
        guest.close();
        record.close();
    }
}
