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
import java.lang.foreign.ValueLayout;

/** Rings, descriptor tables, indirect tables, headers, against the walk and the decoder: as fast as they go, without a loop. */
public final class DescriptorFuzz implements Target {
    private final GuardedGuest guest = new GuardedGuest();
    private final SplitScene split = new SplitScene();
    private final PackedScene packed = new PackedScene();
    private final CheckingImage image = new CheckingImage(guest::holds);
    private final DescriptorChain chain = new DescriptorChain();
    private final BlkDecoder decoder = new BlkDecoder(image.geometry(), "serial".getBytes());
    private final Slot slot = new Slot(0, new IoVector(BlkLimits.SEGMENTS + 8));

    @Override
    public void run(Input input) {
        guest.clear();
        Scene scene = input.bool() ? packed : split;
        scene.fill(input, guest);
        guest.remember();
        try {
            Virtqueue ring = Virtqueue.open(scene.vring(-1, -1, -1, null), guest.table());
            // Twice round: a device that is made to write into its own ring may never be done.
            for (int i = 2 * scene.size(); i > 0 && ring.hasNext(); i--) {
                ring.take(chain, slot, guest.table());
                request();
                ring.use(slot, slot.written);
                ring.publish();
            }
        } catch (BrokenRingException e) {
            // As it should be.
        }
        scene.allow();
        guest.check();
    }

    private void request() throws BrokenRingException {
        int verdict = decoder.decode(chain, slot, true);
        if (verdict == BlkDecoder.SUBMIT) {
            slot.request.onCompletion((request, status) -> {});
            slot.request.complete(image.execute(slot.request));
        }
        Finding.unless(guest.holds(slot.statusAddress, 1), "the status byte is not the guest's");
        Finding.unless(slot.written >= 1, "nothing is said to be written: " + slot.written);
        NativeMemory.ALL.set(ValueLayout.JAVA_BYTE, slot.statusAddress, (byte) 0);
    }

    @Override
    public void close() {
        guest.close();
    }
}
