// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.VringState;
import java.util.BitSet;
import java.util.List;

/** Sizes, indices, and what is in the used ring (virtio 1.3, 2.7). */
final class RingIndexRules {
    private static final String USED = "virtio 1.3, 2.7.8.2";

    static final List<Rule> ALL = List.of(
            must(
                    "ring/wrap",
                    "virtio 1.3, 2.7.6; vhost-user.rst, VHOST_USER_SET_VRING_BASE",
                    "a ring starts at any base, and its indices go from 65,535 to 0",
                    RingIndexRules::wrap),
            must(
                    "ring/full",
                    "virtio 1.3, 2.7.13",
                    "a ring that is full is served; each head is used once",
                    RingIndexRules::full),
            must(
                    "ring/used-length",
                    USED,
                    "the length of a used element is what was written",
                    RingIndexRules::usedLength),
            should(
                    "ring/sizes",
                    "virtio 1.3, 2.7",
                    "rings of 2, 8, 256 and 1024 entries are served",
                    RingIndexRules::sizes),
            should(
                    "ring/size-refused",
                    "virtio 1.3, 2.7",
                    "a size of 0, 3, or above 32768 is refused",
                    RingIndexRules::sizeRefused),
            should(
                    "ring/base-refused",
                    "vhost-user.rst, VHOST_USER_SET_VRING_BASE",
                    "a base of more than 16 bits is refused",
                    RingIndexRules::baseRefused),
            must(
                    "ring/all-queues",
                    "vhost-user.rst, VHOST_USER_GET_QUEUE_NUM",
                    "each of the queues that are told of serves requests",
                    RingIndexRules::allQueues));

    private RingIndexRules() {}

    private static void wrap(Trial trial) {
        for (int base : new int[] {1, 32767, 65530}) {
            Frontend frontend = trial.negotiated();
            GuestRam ram = trial.closing(frontend.share(Trial.RAM, Trial.RAM_SIZE));
            DriverRing ring =
                    trial.closing(new DriverRing(ram, 8, BlkFeatures.has(frontend.features(), BlkFeatures.EVENT_IDX)));
            ring.startAt(base);
            frontend.startRing(0, ring, base);
            AttachedDisk disk = new AttachedDisk(trial, frontend, ram, ring);
            for (int i = 0; i < 12; i++) {
                disk.check(i, base + i);
            }
            int requests = disk.has(BlkFeatures.RO) ? 12 : 24;
            Expect.same(frontend.stopRing(0), base + requests & 0xffff, "the base at the end");
            trial.leave();
        }
    }

    private static void full(Trial trial) {
        AttachedDisk disk = trial.attach(Trial.USUAL, 64);
        Expect.offered(disk.has(BlkFeatures.INDIRECT_DESC), "INDIRECT_DESC");
        BitSet expected = new BitSet();
        for (int i = 0; i < 64; i++) {
            expected.set(disk.ring()
                    .offerIndirect(disk.prepare(BlkRequestType.IN, i * 8L, AttachedDisk.BLOCK)
                            .chain()));
        }
        disk.ring().publish();
        for (int i = 0; i < 64; i++) {
            int head = disk.take().head();
            Expect.that(expected.get(head), "head %d was used twice", head);
            expected.clear(head);
        }
        Expect.that(disk.ring().take(20) == null, "more was used than was offered");
    }

    private static void usedLength(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.ring().offer(disk.prepare(BlkRequestType.IN, 0, AttachedDisk.BLOCK).chain());
        disk.ring().publish();
        Expect.same(disk.take().length(), AttachedDisk.BLOCK + 1, "the length of a read of a block");
        disk.writable();
        disk.offerWrite(9, AttachedDisk.noise(AttachedDisk.BLOCK, 91));
        disk.ring().publish();
        Expect.same(disk.take().length(), 1, "the length of a write");
    }

    private static void sizes(Trial trial) {
        for (int size : new int[] {2, 8, 256, 1024}) {
            AttachedDisk disk = trial.attach(Trial.USUAL, size);
            if (size == 2) {
                Expect.offered(disk.has(BlkFeatures.FLUSH), "FLUSH");
                Expect.same(disk.driver().flush(), 0, "status of a flush on a ring of 2");
            } else {
                disk.check(9, size);
            }
            trial.leave();
        }
    }

    private static void sizeRefused(Trial trial) {
        for (int size : new int[] {0, 3, 1 << 16, -1}) {
            Expect.that(
                    Wire.refuses(trial.negotiated(), FrontendRequest.SET_VRING_NUM, VringState.of(0, size)),
                    "a size of %d was answered by 0",
                    size);
            trial.leave();
        }
    }

    private static void baseRefused(Trial trial) {
        Expect.that(
                Wire.refuses(trial.negotiated(), FrontendRequest.SET_VRING_BASE, VringState.of(0, 1 << 20)),
                "a base of 2^20 was answered by 0");
    }

    private static void allQueues(Trial trial) {
        AttachedDisk disk = trial.attach();
        long queues = Math.min(disk.frontend().getU64(FrontendRequest.GET_QUEUE_NUM), 64);
        for (int i = 1; i < queues; i++) {
            DriverRing ring = trial.closing(disk.frontend().startRing(i, 16, disk.ram()));
            new AttachedDisk(trial, disk.frontend(), disk.ram(), ring).check(9, i);
        }
        disk.check(9, 0);
    }
}
