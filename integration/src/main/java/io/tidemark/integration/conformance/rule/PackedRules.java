// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.Descriptors;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.PackedDisk;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.GuestRing;
import java.util.BitSet;
import java.util.List;

/** Packed rings (virtio 1.3, 2.8). */
final class PackedRules {
    private static final long NO_EVENTS = Trial.USUAL & ~BlkFeatures.EVENT_IDX;
    private static final String EVENTS = "virtio 1.3, 2.8.14";
    private static final String BASE = "vhost-user.rst, VHOST_USER_GET_VRING_BASE";

    static final List<Rule> ALL = List.of(
            must("packed/chains", "virtio 1.3, 2.8.6", "chains of descriptors are served", t -> served(t, 128, false)),
            must(
                    "packed/wrap",
                    "virtio 1.3, 2.8.1",
                    "chains cross the ring's end; the wrap counters flip there",
                    t -> served(t, 8, false)),
            must("packed/indirect", "virtio 1.3, 2.8.7", "indirect tables are served", t -> served(t, 8, true)),
            should(
                    "packed/odd-size",
                    "virtio 1.3, 2.8.10.1",
                    "a size that is no power of two is served",
                    t -> served(t, 5, false)),
            must(
                    "packed/full",
                    "virtio 1.3, 2.8.11",
                    "a ring that is full is served; each buffer id comes back once",
                    PackedRules::full),
            must(
                    "packed/used-length",
                    "virtio 1.3, 2.8.4",
                    "the length of a used descriptor is what was written",
                    PackedRules::usedLength),
            must("packed/interrupt", EVENTS, "an interrupt comes where the driver wants all", PackedRules::interrupt),
            should(
                    "packed/no-interrupt",
                    EVENTS,
                    "no interrupt comes where the driver wants none",
                    PackedRules::noInterrupt),
            must(
                    "packed/event-index",
                    EVENTS,
                    "with EVENT_IDX an interrupt comes when the wanted descriptor is used",
                    t -> eventIndex(t, 2, true)),
            should(
                    "packed/event-index-before",
                    EVENTS,
                    "with EVENT_IDX no interrupt comes before that",
                    t -> eventIndex(t, 7, false)),
            must(
                    "packed/base",
                    BASE,
                    "the answer has both indices and both wrap counters, and the ring goes on from there",
                    PackedRules::base));

    private PackedRules() {}

    private static void served(Trial trial, int size, boolean indirect) {
        PackedDisk disk = PackedDisk.attach(trial, Trial.USUAL, size);
        Expect.offered(
                !indirect || BlkFeatures.has(disk.frontend().features(), BlkFeatures.INDIRECT_DESC), "INDIRECT_DESC");
        for (int i = 0; i < 50; i++) {
            disk.check(disk.driver().indirect(indirect), i, 300 + i);
        }
    }

    private static void full(Trial trial) {
        PackedDisk disk = PackedDisk.attach(trial, Trial.USUAL, 64);
        BitSet expected = new BitSet();
        for (int i = 0; i < 64; i++) {
            expected.set(disk.ring().offerIndirect(disk.prepareRead().chain()));
        }
        disk.ring().publish();
        for (int i = 0; i < 64; i++) {
            GuestRing.Used used = disk.ring().take(Trial.PATIENCE_MS);
            Expect.that(used != null, "%d of 64 requests came back", i);
            Expect.that(expected.get(used.head()), "buffer %d came back twice", used.head());
            expected.clear(used.head());
        }
    }

    private static void usedLength(Trial trial) {
        PackedDisk disk = PackedDisk.attach(trial, Trial.USUAL, 8);
        disk.ring().offer(disk.prepareRead().chain());
        disk.ring().publish();
        GuestRing.Used used = disk.ring().take(Trial.PATIENCE_MS);
        Expect.that(used != null, "a read was not completed");
        Expect.same(used.length(), 4096 + 1, "the length of a read of 4096 bytes and a status");
    }

    /** A spurious interrupt of the start is allowed. */
    private static void forget(PackedDisk disk) {
        Descriptors.awaitEvent(disk.ring().callFd(), 20);
    }

    private static void interrupt(Trial trial) {
        PackedDisk disk = PackedDisk.attach(trial, NO_EVENTS, 8);
        disk.wish(PackedDisk.ALWAYS, 0);
        forget(disk);
        for (int i = 0; i < 5; i++) {
            disk.send(i);
            Expect.that(
                    Descriptors.awaitEvent(disk.ring().callFd(), Trial.PATIENCE_MS),
                    "request %d was completed without an interrupt",
                    i);
        }
    }

    private static void noInterrupt(Trial trial) {
        PackedDisk disk = PackedDisk.attach(trial, NO_EVENTS, 8);
        disk.wish(PackedDisk.NEVER, 0);
        forget(disk);
        for (int i = 0; i < 5; i++) {
            disk.send(i);
        }
        Expect.that(
                !Descriptors.awaitEvent(disk.ring().callFd(), Trial.WATCH_MS), "interrupts came that nobody wanted");
    }

    private static void eventIndex(Trial trial, int wanted, boolean passed) {
        PackedDisk disk = PackedDisk.attach(trial, Trial.USUAL, 8);
        Expect.offered(BlkFeatures.has(disk.frontend().features(), BlkFeatures.EVENT_IDX), "EVENT_IDX");
        disk.wish(PackedDisk.AT_DESCRIPTOR, wanted);
        disk.send(0);
        disk.send(1);
        forget(disk);
        disk.send(2);
        disk.send(3);
        boolean came = Descriptors.awaitEvent(disk.ring().callFd(), passed ? Trial.PATIENCE_MS : Trial.WATCH_MS);
        Expect.that(
                came == passed,
                "descriptors 2 and 3 were used %s an interrupt; the driver wanted one at %d",
                came ? "with" : "without",
                wanted);
    }

    private static void base(Trial trial) {
        PackedDisk disk = PackedDisk.attach(trial, Trial.USUAL, 8);
        int[] wanted = {0x8005_8005, 0x0002_0002};
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 5; i++) {
                Expect.that(disk.driver().indirect(true).read(0, 4096) != null, "a read failed");
            }
            int base = disk.frontend().stopRing(0);
            Expect.that(base == wanted[round], "the base is 0x%08x instead of 0x%08x", base, wanted[round]);
            disk.frontend().startRing(0, disk.ring(), base);
        }
        disk.check(disk.driver(), 3, 360);
    }
}
