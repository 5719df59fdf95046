// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.RingMemory;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.RegionDescription;
import io.tidemark.vhost.protocol.RegionTable;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringAddress;
import io.tidemark.vhost.protocol.VringState;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Rings that are started, enabled, stopped and started again. */
final class RingStateRules {
    private static final String STATES = "vhost-user.rst, Ring states";
    private static final String BASE = "vhost-user.rst, VHOST_USER_GET_VRING_BASE";

    static final List<Rule> ALL = List.of(
            must("ring-state/enabled", STATES, "a ring that was kicked and enabled is served", RingStateRules::enabled),
            must(
                    "ring-state/disabled",
                    STATES,
                    "a ring that is started and not enabled has no side effects",
                    RingStateRules::disabled),
            must(
                    "ring-state/disabled-later",
                    STATES,
                    "a ring that is disabled while it runs has no side effects from then on, and goes on when enabled",
                    RingStateRules::disabledLater),
            must(
                    "ring-state/without-protocol-features",
                    STATES,
                    "without PROTOCOL_FEATURES a ring is enabled from its start",
                    RingStateRules::withoutProtocolFeatures),
            must(
                    "ring-state/base-drains",
                    BASE,
                    "when GET_VRING_BASE is answered, all that was taken is in the used ring",
                    RingStateRules::baseDrains),
            must("ring-state/base-index", BASE, "the answer is the next avail index", RingStateRules::baseIndex),
            must("ring-state/stopped", BASE, "a stopped ring is not served, kicked or not", RingStateRules::stopped),
            must(
                    "ring-state/restart",
                    "vhost-user.rst, VHOST_USER_SET_VRING_BASE",
                    "a ring that is started again at its base serves what was offered meanwhile, once",
                    RingStateRules::restart),
            must(
                    "ring-state/moved",
                    "vhost-user.rst, VHOST_USER_SET_VRING_ADDR",
                    "a ring that was stopped can be started in another place with another size",
                    RingStateRules::moved),
            must("ring-state/one-of-two", STATES, "a stopped ring does not stop another one", RingStateRules::oneOfTwo),
            should(
                    "ring-state/enabled-late",
                    STATES,
                    "what was offered before a ring was enabled is served then, without another kick",
                    RingStateRules::enabledLate));

    private RingStateRules() {}

    private static void enabled(Trial trial) {
        trial.attach().check(3, 51);
    }

    private static void enable(AttachedDisk disk, boolean wanted) {
        Expect.that(
                disk.frontend().did(FrontendRequest.SET_VRING_ENABLE, VringState.of(0, wanted ? 1 : 0)),
                "SET_VRING_ENABLE was refused");
    }

    private static void disabled(Trial trial) {
        AttachedDisk first = trial.attach().writable();
        first.write(7, AttachedDisk.noise(AttachedDisk.BLOCK, 52));
        trial.leave();
        AttachedDisk disk = started(trial);
        disk.offerWrite(7, AttachedDisk.noise(AttachedDisk.BLOCK, 53));
        disk.ring().publish();
        disk.ring().take(Trial.WATCH_MS);
        trial.leave();
        Expect.same(
                trial.attach().read(7, AttachedDisk.BLOCK),
                AttachedDisk.noise(AttachedDisk.BLOCK, 52),
                "a block that a disabled ring was to write");
    }

    /** A ring that is started and never was enabled. */
    private static AttachedDisk started(Trial trial) {
        Frontend frontend = trial.negotiated();
        GuestRam ram = trial.closing(frontend.share(Trial.RAM, Trial.RAM_SIZE));
        DriverRing ring = trial.closing(
                new DriverRing(ram, Trial.QUEUE_SIZE, BlkFeatures.has(frontend.features(), BlkFeatures.EVENT_IDX)));
        frontend.did(FrontendRequest.SET_VRING_CALL, U64.of(0), ring.callFd());
        frontend.did(FrontendRequest.SET_VRING_ERR, U64.of(0), ring.errorFd());
        frontend.did(FrontendRequest.SET_VRING_NUM, VringState.of(0, ring.size()));
        frontend.did(FrontendRequest.SET_VRING_BASE, VringState.of(0, 0));
        frontend.did(
                FrontendRequest.SET_VRING_ADDR,
                VringAddress.of(0, ring.descriptorsUser(), ring.usedUser(), ring.availUser()));
        Expect.that(
                frontend.did(FrontendRequest.SET_VRING_KICK, U64.of(0), ring.kickFd()), "SET_VRING_KICK was refused");
        return new AttachedDisk(trial, frontend, ram, ring);
    }

    private static void disabledLater(Trial trial) {
        AttachedDisk disk = trial.attach().writable();
        disk.write(7, AttachedDisk.noise(AttachedDisk.BLOCK, 54));
        enable(disk, false);
        AttachedDisk.Prepared write = disk.offerWrite(7, AttachedDisk.noise(AttachedDisk.BLOCK, 55));
        disk.ring().publish();
        boolean served = disk.ring().take(Trial.WATCH_MS) != null;
        Expect.that(!served || disk.status(write) != BlkStatus.OK, "a disabled ring wrote");
        enable(disk, true);
        disk.ring().kick();
        if (!served) {
            disk.take();
        }
        disk.check(7, 56);
    }

    private static void enabledLate(Trial trial) {
        AttachedDisk disk = started(trial).writable();
        AttachedDisk.Prepared write = disk.offerWrite(7, AttachedDisk.noise(AttachedDisk.BLOCK, 57));
        disk.ring().publish();
        RingMemory.poll(() -> false, Trial.WATCH_MS);
        enable(disk, true);
        disk.take();
        Expect.same(disk.status(write), BlkStatus.OK, "the write's status");
    }

    private static void withoutProtocolFeatures(Trial trial) {
        Frontend frontend = trial.connect();
        long features = frontend.getU64(FrontendRequest.GET_FEATURES) & Trial.USUAL;
        frontend.set(FrontendRequest.SET_OWNER, Wire.EMPTY);
        frontend.set(FrontendRequest.SET_FEATURES, U64.of(features));
        GuestRam ram = trial.closing(new GuestRam(Trial.RAM, Trial.RAM_SIZE));
        MemorySegment table = RegionTable.of(1);
        RegionDescription.put(table, RegionTable.region(0), Trial.RAM, ram.size(), ram.userAddress(), 0);
        frontend.set(FrontendRequest.SET_MEM_TABLE, table, ram.fd());
        DriverRing ring =
                trial.closing(new DriverRing(ram, Trial.QUEUE_SIZE, BlkFeatures.has(features, BlkFeatures.EVENT_IDX)));
        frontend.set(FrontendRequest.SET_VRING_CALL, U64.of(0), ring.callFd());
        frontend.set(FrontendRequest.SET_VRING_NUM, VringState.of(0, ring.size()));
        frontend.set(FrontendRequest.SET_VRING_BASE, VringState.of(0, 0));
        frontend.set(
                FrontendRequest.SET_VRING_ADDR,
                VringAddress.of(0, ring.descriptorsUser(), ring.usedUser(), ring.availUser()));
        frontend.set(FrontendRequest.SET_VRING_KICK, U64.of(0), ring.kickFd());
        new AttachedDisk(trial, frontend, ram, ring).check(3, 58);
    }

    private static void baseDrains(Trial trial) {
        AttachedDisk disk = trial.attach().writable();
        RingMemory memory = new RingMemory(disk.ring());
        for (int round = 0, sent = 0; round < 10; round++) {
            for (int i = 0; i < 8; i++, sent++) {
                disk.offerWrite(64 + i * 4L, AttachedDisk.noise(4 * AttachedDisk.BLOCK, sent));
            }
            disk.ring().publish();
            int base = disk.frontend().stopRing(0);
            int used = memory.usedIndex();
            Expect.same(used, base, "the used index at the answer of GET_VRING_BASE");
            disk.frontend().startRing(0, disk.ring(), base);
            disk.ring().kick();
            for (int i = 0; i < 8; i++) {
                disk.take();
            }
        }
    }

    private static void baseIndex(Trial trial) {
        AttachedDisk disk = trial.attach();
        for (int i = 0; i < 5; i++) {
            disk.driver().id();
        }
        Expect.same(disk.frontend().stopRing(0), 5, "the base after 5 requests");
    }

    private static void stopped(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.driver().id();
        disk.frontend().stopRing(0);
        disk.ring().offer(disk.prepare(0, 0, AttachedDisk.BLOCK).chain());
        disk.ring().publish();
        disk.ring().kick();
        Expect.that(disk.ring().take(Trial.WATCH_MS) == null, "a stopped ring served a request");
    }

    private static void restart(Trial trial) {
        AttachedDisk disk = trial.attach();
        int base = 0;
        for (int round = 0; round < 5; round++) {
            disk.check(3, 60 + round);
            base = disk.frontend().stopRing(0);
            disk.ring().offer(disk.prepare(0, 0, AttachedDisk.BLOCK).chain());
            disk.ring().publish();
            disk.frontend().startRing(0, disk.ring(), base);
            disk.ring().kick();
            disk.take();
            Expect.that(disk.ring().take(20) == null, "a request was served twice");
        }
    }

    private static void moved(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.check(3, 66);
        disk.frontend().stopRing(0);
        DriverRing other = trial.closing(disk.frontend().startRing(0, Trial.QUEUE_SIZE / 2, disk.ram()));
        new AttachedDisk(trial, disk.frontend(), disk.ram(), other).check(3, 67);
    }

    private static void oneOfTwo(Trial trial) {
        AttachedDisk disk = trial.attach();
        Expect.offered(disk.frontend().getU64(FrontendRequest.GET_QUEUE_NUM) > 1, "a second queue");
        DriverRing second = trial.closing(disk.frontend().startRing(1, Trial.QUEUE_SIZE, disk.ram()));
        AttachedDisk other = new AttachedDisk(trial, disk.frontend(), disk.ram(), second);
        disk.check(3, 68);
        other.check(4, 69);
        disk.frontend().stopRing(0);
        other.check(4, 70);
    }
}
