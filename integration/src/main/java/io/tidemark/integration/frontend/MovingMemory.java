// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.frontend;

import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Changes a machine's memory table while its rings run: new requests go to a new region, the former one is taken away when its
 * last request has ended, and its memory vanishes, so that whoever still touches it is told by a fault.
 */
public final class MovingMemory {
    private static final long FIRST = 0x2000_0000;
    private static final long STEP = 0x1000_0000;
    private static final int PLACES = 8;

    private final Frontend frontend;
    private final Machine machine;
    private final SplittableRandom random;
    private int moves;

    public MovingMemory(Frontend frontend, Machine machine, SplittableRandom random) {
        this.frontend = frontend;
        this.machine = machine;
        this.random = random;
    }

    /** ADD_MEM_REG and REM_MEM_REG; at times with another region that comes and goes meanwhile. */
    public void moveBySlots() {
        GuestRam fresh = fresh();
        Handshake.add(frontend, fresh);
        GuestRam former = machine.buffers().move(fresh);
        if (random.nextBoolean()) {
            GuestRam other = fresh();
            Handshake.add(frontend, other);
            Handshake.remove(frontend, other);
            vanish(other);
        }
        if (random.nextBoolean()) {
            Handshake.remove(frontend, former);
        } else {
            Handshake.remove(frontend, former, former.fd());
        }
        vanish(former);
    }

    /** SET_MEM_TABLE: every region is mapped anew, those that are in use and those of the rings among them. */
    public void moveByTables() {
        GuestRam fresh = fresh();
        GuestRam former = machine.buffers().current();
        Handshake.setTable(frontend, List.of(machine.control(), former, fresh));
        machine.buffers().move(fresh);
        Handshake.setTable(
                frontend,
                random.nextBoolean() ? machine.regions() : machine.regions().reversed());
        vanish(former);
    }

    private GuestRam fresh() {
        long size = machine.buffers().current().size();
        return new GuestRam(FIRST + STEP * (moves++ % PLACES), size);
    }

    private static void vanish(GuestRam region) {
        region.shrink(0);
        region.close();
    }
}
