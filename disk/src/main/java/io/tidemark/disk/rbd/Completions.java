// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.Loop;
import io.tidemark.disk.posix.EventFd;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;

/**
 * Brings the ends of librbd's calls to the loops that made them.
 *
 * <p>An image has one queue of ended calls and one eventfd that tells of them, however many loops it has: a handle for each loop would be
 * a client of its own, and all would fight for the image's exclusive lock. So every loop with calls on their way polls that eventfd in
 * its ring, and whoever comes first empties the queue. Its own calls it ends at once; others it hands to their loops, and signals the
 * eventfd once more for those that have looked already. A disk that is used by one queue at a time never hands anything over.
 *
 * <p>Nobody reads the eventfd's counter: a poll is told of each signal, and one that begins finds it readable and looks at once.
 */
final class Completions implements AutoCloseable {
    /** How many are taken out of the queue by one call. */
    static final int AT_ONCE = 32;

    private final long image;
    private final EventFd signal;

    /** Whether the cluster has locked this client out; it never takes that back. */
    private volatile boolean lockedOut;

    /** By number. Devices whose loops have ended leave empty references behind. */
    private volatile DeviceReference[] devices = {};

    private static final class DeviceReference extends WeakReference<RbdDevice> {
        DeviceReference(RbdDevice device) {
            super(device);
        }
    }

    /** @param image librbd's handle, whose completions are told by {@code signal} */
    Completions(long image, EventFd signal) {
        this.image = image;
        this.signal = signal;
    }

    long image() {
        return image;
    }

    /** What becomes readable. */
    int signal() {
        return signal.fd();
    }

    /** Nothing is begun any more, and loops give up what they have on its way. By any thread. */
    void lockOut() {
        lockedOut = true;
        EventFd.signal(signal.fd());
    }

    boolean isLockedOut() {
        return lockedOut;
    }

    /** What a call is known by. */
    static long argument(int device, int request) {
        return (long) device << 32 | request;
    }

    /** Makes a loop's device. On the loop's thread. */
    synchronized RbdDevice attach(Loop loop) {
        int number = 0;
        // Calls of a device that has given them up may end yet, so its number isn't given again.
        while (number < devices.length && (devices[number].get() != null || lockedOut)) {
            number++;
        }
        RbdDevice device = new RbdDevice(loop, this, number);
        var now = new DeviceReference[Math.max(devices.length, number + 1)];
        System.arraycopy(devices, 0, now, 0, devices.length);
        now[number] = new DeviceReference(device);
        devices = now;
        return device;
    }

    /**
     * Empties the queue on the thread of one of the loops.
     *
     * @param room for {@link #AT_ONCE} addresses
     */
    void collect(RbdDevice mine, MemorySegment room) {
        boolean handedOver = false;
        int count;
        do {
            count = AioCalls.poll(image, room.address(), AT_ONCE);
            for (int i = 0; i < count; i++) {
                long completion = room.getAtIndex(ValueLayout.JAVA_LONG, i);
                long argument = AioCalls.argument(completion);
                long result = AioCalls.result(completion);
                AioCalls.release(completion);
                int number = (int) (argument >>> 32);
                if (number == mine.number()) {
                    mine.ended((int) argument, result);
                } else {
                    RbdDevice other = devices[number].get();
                    // It is alive while it has a call on its way; else it has given that up.
                    handedOver |= other != null && other.bring((int) argument, result);
                }
            }
        } while (count == AT_ONCE);
        if (handedOver) {
            EventFd.signal(signal.fd());
        }
    }

    @Override
    public void close() {
        signal.close();
    }
}
