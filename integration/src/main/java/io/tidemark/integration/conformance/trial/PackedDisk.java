// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

import io.tidemark.disk.posix.EventFd;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.BlkDriver;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.fixture.PackedDriverRing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** A disk behind a packed ring (virtio 1.3, 2.8). */
public record PackedDisk(Trial trial, Frontend frontend, GuestRam ram, PackedDriverRing ring) {
    /** Flags of a descriptor that is available in the first lap. */
    public static final int AVAILABLE = 1 << 7;

    /** Flags of the event suppression structure (2.8.14). */
    public static final int ALWAYS = 0;

    public static final int NEVER = 1;
    public static final int AT_DESCRIPTOR = 2;

    private static final int USED = 1 << 15;
    private static final int FIRST_LAP = 1 << 15;

    /** Leaves the rule where packed rings are not offered, or the disk can't be written. */
    public static PackedDisk attach(Trial trial, long features, int size) {
        Frontend frontend = negotiated(trial, features);
        GuestRam ram = trial.closing(frontend.share(Trial.RAM, Trial.RAM_SIZE));
        return new PackedDisk(trial, frontend, ram, trial.closing(frontend.startPackedRing(0, size, ram)));
    }

    public static Frontend negotiated(Trial trial, long features) {
        Expect.offered(trial.hasFeature(BlkFeatures.RING_PACKED), "RING_PACKED");
        Frontend frontend = trial.negotiated(features | BlkFeatures.RING_PACKED);
        Expect.offered(!BlkFeatures.has(frontend.features(), BlkFeatures.RO), "a writable disk");
        return frontend;
    }

    public BlkDriver driver() {
        return new BlkDriver(ring).patience(Trial.PATIENCE_MS);
    }

    /** Writes a block and reads it again. */
    public void check(BlkDriver driver, long block, long seed) {
        byte[] content = AttachedDisk.noise(AttachedDisk.BLOCK, seed);
        AttachedDisk.write(driver, block, content);
        Expect.same(
                driver.read(block * AttachedDisk.BLOCK_SECTORS, AttachedDisk.BLOCK),
                content,
                "block " + block + " read");
    }

    /** A read of a block, in memory that is not given back. */
    public AttachedDisk.Prepared prepareRead() {
        return AttachedDisk.prepare(ram, 0, 0, AttachedDisk.BLOCK);
    }

    /** A write of a block, in memory that is not given back. */
    public AttachedDisk.Prepared prepareWrite(long block, byte[] content) {
        AttachedDisk.Prepared write =
                AttachedDisk.prepare(ram, BlkRequestType.OUT, block * AttachedDisk.BLOCK_SECTORS, content.length);
        ram.at(write.data(), content.length).copyFrom(MemorySegment.ofArray(content));
        return write;
    }

    public byte status(AttachedDisk.Prepared request) {
        return ram.at(request.status(), 1).get(ValueLayout.JAVA_BYTE, 0);
    }

    /** Says what interrupts the driver wants; the descriptor counts where the flag says so, and is in the first lap. */
    public void wish(int flags, int descriptor) {
        MemorySegment event = ram.at(ring.availUser() - ram.userAddress() + ram.guestAddress(), 4);
        event.set(ValueLayout.JAVA_INT, 0, flags << 16 | FIRST_LAP | descriptor);
        VarHandle.fullFence();
    }

    /** Sends a read in one descriptor and waits without interrupts until that place of the first lap is used. */
    public void send(int place) {
        ring.offerIndirect(prepareRead().chain());
        ring.publish();
        Expect.that(RingMemory.poll(() -> isUsed(place), Trial.PATIENCE_MS), "descriptor %d was not given back", place);
    }

    private boolean isUsed(int place) {
        VarHandle.fullFence();
        int flags = ring.descriptors().get(ValueLayout.JAVA_SHORT, 16L * place + 14);
        return (flags & AVAILABLE) != 0 && (flags & USED) != 0;
    }

    public void kick() {
        EventFd.signal(ring.kickFd());
    }
}
