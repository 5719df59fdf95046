// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.BitSet;

/**
 * What the loops know of each region: closed, or open and in which round it was changed last. Shared by all threads.
 *
 * <p>A region is opened (release) when its bit is on stable storage, so a loop that sees it open (acquire) may go. It is closed by a
 * compare-and-set from the round that it was last used in: a loop that uses it meanwhile has either written a later round, and
 * the region stays open, or it sees it closed.
 */
final class RegionStates {
    private static final byte CLOSED = 0;
    private static final byte LAST_ROUND = 127;
    private static final VarHandle STATE = MethodHandles.arrayElementVarHandle(byte[].class);
    private static final VarHandle ROUND;

    static {
        try {
            ROUND = MethodHandles.lookup().findVarHandle(RegionStates.class, "round", byte.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final byte[] states;
    private byte round = 1;

    RegionStates(int count) {
        this.states = new byte[count];
    }

    /** By a loop that is about to change the region: false if it is closed. */
    boolean use(int region) {
        byte now = (byte) ROUND.getOpaque(this);
        while (true) {
            byte seen = (byte) STATE.getAcquire(states, region);
            if (seen == now) {
                return true;
            }
            if (seen == CLOSED) {
                return false;
            }
            if (STATE.compareAndSet(states, region, seen, now)) {
                return true;
            }
        }
    }

    boolean isOpen(int region) {
        return (byte) STATE.getAcquire(states, region) != CLOSED;
    }

    void open(int region) {
        STATE.setRelease(states, region, (byte) ROUND.getOpaque(this));
    }

    /** Begins a round, and closes what was not used in the one that ends. By one thread. @return what was closed */
    BitSet closeUnused() {
        byte ending = round;
        ROUND.setOpaque(this, ending == LAST_ROUND ? (byte) 1 : (byte) (ending + 1));
        BitSet closed = new BitSet();
        for (int region = 0; region < states.length; region++) {
            byte seen = (byte) STATE.getAcquire(states, region);
            if (seen != CLOSED && seen != ending && STATE.compareAndSet(states, region, seen, CLOSED)) {
                closed.set(region);
            }
        }
        return closed;
    }
}
