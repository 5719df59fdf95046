// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.fuzz.GuardedGuest;
import io.tidemark.fuzz.Input;
import io.tidemark.fuzz.Target;

/** Whole rings, laid out by a hostile driver, against a real queue loop on its own thread with its io_uring. */
public final class RingFuzz implements Target {
    private final GuardedGuest guest = new GuardedGuest();
    private final SplitScene scene = new SplitScene();
    private final ServedLoop served = new ServedLoop(guest);

    @Override
    public void run(Input input) {
        guest.clear();
        int manner = input.u8();
        served.image().behave((manner & 1) != 0, (manner & 2) != 0 ? offset -> offset % 1024 == 512 : offset -> false);
        served.loop().writeCache((manner & 4) != 0);
        scene.fill(input, guest);
        guest.remember();
        served.serve(scene, null);
        scene.allow(guest);
        guest.check();
    }

    @Override
    public void close() {
        served.close();
        guest.close();
    }
}
