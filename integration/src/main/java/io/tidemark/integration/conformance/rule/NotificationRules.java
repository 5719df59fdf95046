// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.optional;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Descriptors;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.RingMemory;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringFd;
import java.util.List;

/** Kicks and interrupts: when they come, when they don't, and rings that have none. */
final class NotificationRules {
    private static final String EVENTS = "virtio 1.3, 2.7.7.2";
    private static final long NO_EVENTS = Trial.USUAL & ~BlkFeatures.EVENT_IDX;

    static final List<Rule> ALL = List.of(
            must(
                    "notification/interrupt",
                    EVENTS,
                    "without EVENT_IDX each completion interrupts while the driver's flag is 0",
                    NotificationRules::interrupt),
            should(
                    "notification/no-interrupt",
                    EVENTS,
                    "without EVENT_IDX nothing interrupts while the driver's flag is 1",
                    NotificationRules::noInterrupt),
            must(
                    "notification/event-index",
                    EVENTS,
                    "with EVENT_IDX an interrupt comes when the used index passes used_event",
                    NotificationRules::eventIndex),
            should(
                    "notification/event-index-before",
                    EVENTS,
                    "with EVENT_IDX no interrupt comes before that",
                    NotificationRules::eventIndexBefore),
            must(
                    "notification/call-change",
                    "vhost-user.rst, VHOST_USER_SET_VRING_CALL",
                    "a new call descriptor is used from its acknowledgement on",
                    NotificationRules::callChange),
            must(
                    "notification/no-call",
                    "vhost-user.rst, VHOST_USER_SET_VRING_CALL",
                    "a ring without a call descriptor is served: the driver polls",
                    NotificationRules::noCall),
            optional(
                    "notification/no-kick",
                    "vhost-user.rst, VHOST_USER_SET_VRING_KICK",
                    "a ring without a kick descriptor is polled by the backend",
                    NotificationRules::noKick),
            should(
                    "notification/error",
                    "vhost-user.rst, VHOST_USER_SET_VRING_ERR",
                    "a ring that can't be served any more says so by its error descriptor",
                    NotificationRules::error));

    private NotificationRules() {}

    private static AttachedDisk attach(Trial trial, boolean events) {
        AttachedDisk disk = trial.attach(events ? Trial.USUAL : NO_EVENTS, Trial.QUEUE_SIZE);
        Expect.offered(!events || disk.has(BlkFeatures.EVENT_IDX), "EVENT_IDX");
        // A spurious interrupt of the start is allowed.
        Descriptors.awaitEvent(disk.ring().callFd(), 20);
        return disk;
    }

    /** Sends a request and waits for it without interrupts. */
    private static void send(AttachedDisk disk, RingMemory memory, int index) {
        disk.ring().offer(disk.prepare(0, 0, AttachedDisk.BLOCK).chain());
        disk.ring().publish();
        Expect.that(memory.awaitUsed(index, Trial.PATIENCE_MS), "request %d was not completed", index);
    }

    private static void interrupt(Trial trial) {
        AttachedDisk disk = attach(trial, false);
        RingMemory memory = new RingMemory(disk.ring());
        memory.availFlags(0);
        for (int i = 1; i <= 5; i++) {
            send(disk, memory, i);
            Expect.that(
                    Descriptors.awaitEvent(disk.ring().callFd(), Trial.PATIENCE_MS),
                    "request %d was completed without an interrupt",
                    i);
        }
    }

    private static void noInterrupt(Trial trial) {
        AttachedDisk disk = attach(trial, false);
        RingMemory memory = new RingMemory(disk.ring());
        memory.availFlags(1);
        send(disk, memory, 1);
        // One at the start is harmless: a device that has just begun can't know what the driver has seen.
        Descriptors.awaitEvent(disk.ring().callFd(), 20);
        for (int i = 2; i <= 5; i++) {
            send(disk, memory, i);
        }
        Expect.that(
                !Descriptors.awaitEvent(disk.ring().callFd(), Trial.WATCH_MS), "interrupts came that nobody wanted");
    }

    private static void eventIndex(Trial trial) {
        AttachedDisk disk = attach(trial, true);
        RingMemory memory = new RingMemory(disk.ring());
        memory.usedEvent(2);
        for (int i = 1; i <= 3; i++) {
            send(disk, memory, i);
        }
        Expect.that(
                Descriptors.awaitEvent(disk.ring().callFd(), Trial.PATIENCE_MS),
                "the used index went from 2 to 3 without an interrupt");
    }

    private static void eventIndexBefore(Trial trial) {
        AttachedDisk disk = attach(trial, true);
        RingMemory memory = new RingMemory(disk.ring());
        memory.usedEvent(20);
        send(disk, memory, 1);
        // One at the start is harmless: a device that has just begun can't know what the driver has seen.
        Descriptors.awaitEvent(disk.ring().callFd(), 20);
        for (int i = 2; i <= 5; i++) {
            send(disk, memory, i);
        }
        Expect.that(
                !Descriptors.awaitEvent(disk.ring().callFd(), Trial.WATCH_MS),
                "an interrupt came at used index 5; used_event is 20");
    }

    private static void callChange(Trial trial) {
        AttachedDisk disk = attach(trial, false);
        RingMemory memory = new RingMemory(disk.ring());
        DriverRing spare = trial.closing(new DriverRing(disk.ram(), 2, false));
        Expect.that(
                disk.frontend().did(FrontendRequest.SET_VRING_CALL, U64.of(0), spare.callFd()),
                "the new descriptor was refused");
        Descriptors.awaitEvent(disk.ring().callFd(), 20);
        Descriptors.awaitEvent(spare.callFd(), 20);
        send(disk, memory, 1);
        Expect.that(Descriptors.awaitEvent(spare.callFd(), Trial.PATIENCE_MS), "the new descriptor was not signalled");
        Expect.that(!Descriptors.awaitEvent(disk.ring().callFd(), 20), "the former descriptor was signalled");
    }

    private static void noCall(Trial trial) {
        AttachedDisk disk = attach(trial, false);
        Expect.that(
                disk.frontend().did(FrontendRequest.SET_VRING_CALL, U64.of(VringFd.NO_FD)),
                "SET_VRING_CALL without a descriptor was refused");
        RingMemory memory = new RingMemory(disk.ring());
        for (int i = 1; i <= 5; i++) {
            send(disk, memory, i);
        }
    }

    private static void noKick(Trial trial) {
        Frontend frontend = trial.negotiated(NO_EVENTS);
        GuestRam ram = trial.closing(frontend.share(Trial.RAM, Trial.RAM_SIZE));
        DriverRing ring = trial.closing(frontend.startRing(0, Trial.QUEUE_SIZE, ram));
        frontend.stopRing(0);
        frontend.startRing(0, ring, 0);
        Expect.offered(
                frontend.did(FrontendRequest.SET_VRING_KICK, U64.of(VringFd.NO_FD)),
                "a ring without a kick descriptor");
        AttachedDisk disk = new AttachedDisk(trial, frontend, ram, ring);
        RingMemory memory = new RingMemory(ring);
        for (int i = 1; i <= 3; i++) {
            send(disk, memory, i);
        }
    }

    private static void error(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.ring().availIndex(3 * Trial.QUEUE_SIZE);
        disk.ring().kick();
        Expect.that(disk.ring().awaitError(Trial.PATIENCE_MS), "no error after an impossible avail index");
    }
}
