// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.fuzz.GuardedGuest;
import io.tidemark.fuzz.GuardedRam;
import io.tidemark.fuzz.Input;
import io.tidemark.fuzz.Target;
import io.tidemark.vhost.memory.DirtyLog;

/** Whole rings, laid out by a hostile driver, against a real queue loop on its own thread with its io_uring. */
public final class RingFuzz implements Target {
    /** Marks some of the guest's pages; it has no bits for the last ones. */
    private static final int LOG_BYTES = (int) DirtyLog.bytesFor(GuardedGuest.GUEST) + 4;

    private final GuardedGuest guest = new GuardedGuest();
    private final SplitScene split = new SplitScene();
    private final PackedScene packed = new PackedScene();
    private final ServedLoop served = new ServedLoop(guest);
    private final GuardedRam marks = new GuardedRam(0, 0, LOG_BYTES);
    private final DirtyLog log = new DirtyLog(marks.memory());

    @Override
    public void run(Input input) {
        guest.clear();
        int manner = input.u8();
        served.image().behave((manner & 1) != 0, (manner & 2) != 0 ? offset -> offset % 1024 == 512 : offset -> false);
        served.loop().writeCache((manner & 4) != 0);
        Scene scene = (manner & 8) == 0 ? split : packed;
        scene.fill(input, guest);
        guest.remember();
        if ((manner & 16) != 0) {
            long usedRing = input.ofOrAny(scene.usedAddress(), scene.usedAddress(), RingLog.NO_RING);
            ServedLoop.await(served.loop().log(new RingLog(log, usedRing)));
        }
        served.serve(scene, null, () -> {});
        ServedLoop.await(served.loop().log(null));
        scene.allow();
        guest.check();
        marks.check();
    }

    @Override
    public void close() {
        served.close();
        guest.close();
        marks.close();
    }
}
