// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.fuzz.CheckingImage;
import io.tidemark.fuzz.Finding;
import io.tidemark.fuzz.GuardedGuest;
import io.tidemark.fuzz.Input;
import io.tidemark.fuzz.Target;
import io.tidemark.vhost.blk.BlkLimits;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Descriptor tables, indirect tables, headers, against the walk and the decoder: as fast as they go, without a loop. */
public final class DescriptorFuzz implements Target {
    private final GuardedGuest guest = new GuardedGuest();
    private final SplitScene scene = new SplitScene();
    private final CheckingImage image = new CheckingImage(guest::holds);
    private final DescriptorChain chain = new DescriptorChain();
    private final BlkDecoder decoder = new BlkDecoder(image.geometry(), "serial".getBytes());
    private final Slot slot = new Slot(0, new IoVector(BlkLimits.SEGMENTS + 8));

    @Override
    public void run(Input input) {
        guest.clear();
        scene.fill(input, guest);
        guest.remember();
        MemorySegment table = scene.descriptors(guest);
        if (table == null) {
            return;
        }
        for (int head : scene.heads()) {
            if (head < scene.size() && chain.read(table, head, guest.table()) == null) {
                request();
            }
        }
        scene.allow(guest);
        guest.check();
    }

    private void request() {
        try {
            int verdict = decoder.decode(chain, slot, true);
            if (verdict == BlkDecoder.SUBMIT) {
                slot.request.onCompletion((request, status) -> {});
                slot.request.complete(image.execute(slot.request));
            }
            Finding.unless(guest.holds(slot.statusAddress, 1), "the status byte is not the guest's");
            Finding.unless(slot.written >= 1, "nothing is said to be written: " + slot.written);
            NativeMemory.ALL.set(ValueLayout.JAVA_BYTE, slot.statusAddress, (byte) 0);
        } catch (BrokenRingException e) {
            // As it should be.
        }
    }

    @Override
    public void close() {
        guest.close();
    }
}
