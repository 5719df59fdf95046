// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Bits;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.ProtocolFeature;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringAddress;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Dirty logging: how a guest's memory is moved while its disk works. */
final class LogRules {
    private static final String SECTION = "vhost-user.rst, Migration";
    private static final int PAGE = 4096;

    static final List<Rule> ALL = List.of(
            must("log/base", "vhost-user.rst, VHOST_USER_SET_LOG_BASE", "a log is taken, and the answer comes", t -> {
                open(t);
            }),
            must("log/written", SECTION, "the pages that a read fills are marked", LogRules::written),
            must("log/used-ring", SECTION, "the used ring's page is marked where the ring says so", LogRules::usedRing),
            should("log/nothing-else", SECTION, "a page that nobody wrote is not marked", LogRules::nothingElse),
            must("log/off", SECTION, "without LOG_ALL nothing is marked", LogRules::off));

    private LogRules() {}

    /** A running disk whose writes to memory are logged. */
    private record Logged(AttachedDisk disk, GuestRam log) {
        boolean marked(long guestAddress) {
            long page = guestAddress / PAGE;
            return (log.at(page / 8, 1).get(ValueLayout.JAVA_BYTE, 0) >> (page % 8) & 1) != 0;
        }

        /** Reads a block into fresh memory. @return where it is */
        long read() {
            disk.ram().allocate(2 * PAGE, PAGE);
            long there = disk.ram().allocate(2 * PAGE, PAGE);
            byte status = disk.driver().request(BlkRequestType.IN, 0, Buffer.in(there, PAGE));
            Expect.same(status, BlkStatus.OK, "status of a read");
            disk.ram().allocate(2 * PAGE, PAGE);
            return there;
        }
    }

    private static Logged open(Trial trial) {
        Expect.offered(trial.hasFeature(Bits.LOG_ALL), "LOG_ALL");
        Expect.offered(trial.hasProtocolFeature(ProtocolFeature.LOG_SHMFD), "LOG_SHMFD");
        Frontend frontend = trial.negotiated();
        GuestRam log = trial.closing(new GuestRam(0, 1 << 16));
        MemorySegment payload = MemorySegment.ofArray(new byte[16]);
        payload.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, log.size());
        try (Message answer = frontend.ask(Bits.SET_LOG_BASE, payload, log.fd())) {
            Expect.that(answer.payload().byteSize() == 0 || answer.payload().byteSize() >= 8, "a strange answer");
        }
        GuestRam ram = trial.closing(frontend.share(Trial.RAM, Trial.RAM_SIZE));
        DriverRing ring = trial.closing(frontend.startRing(0, Trial.QUEUE_SIZE, ram));
        return new Logged(new AttachedDisk(trial, frontend, ram, ring), log);
    }

    private static Logged start(Trial trial) {
        Logged logged = open(trial);
        Frontend frontend = logged.disk().frontend();
        DriverRing ring = logged.disk().ring();
        Expect.that(
                frontend.did(FrontendRequest.SET_FEATURES, U64.of(frontend.features() | Bits.LOG_ALL)),
                "SET_FEATURES with LOG_ALL was refused on a running ring");
        MemorySegment address = VringAddress.of(0, ring.descriptorsUser(), ring.usedUser(), ring.availUser());
        address.set(ValueLayout.JAVA_INT_UNALIGNED, VringAddress.FLAGS, 1);
        address.set(ValueLayout.JAVA_LONG_UNALIGNED, VringAddress.LOG, usedAddress(logged));
        Expect.that(
                frontend.did(FrontendRequest.SET_VRING_ADDR, address),
                "SET_VRING_ADDR with the log flag was refused on a running ring");
        return logged;
    }

    private static long usedAddress(Logged logged) {
        GuestRam ram = logged.disk().ram();
        return logged.disk().ring().usedUser() - ram.userAddress() + ram.guestAddress();
    }

    private static void written(Trial trial) {
        Logged logged = start(trial);
        long there = logged.read();
        Expect.that(logged.marked(there), "the page at 0x%x is not marked", there);
    }

    private static void usedRing(Trial trial) {
        Logged logged = start(trial);
        logged.read();
        Expect.that(logged.marked(usedAddress(logged)), "the used ring at 0x%x is not marked", usedAddress(logged));
    }

    private static void nothingElse(Trial trial) {
        Logged logged = start(trial);
        long there = logged.read();
        for (long page : new long[] {there - PAGE, there + PAGE}) {
            Expect.that(!logged.marked(page), "the page at 0x%x is marked", page);
        }
    }

    private static void off(Trial trial) {
        Logged logged = open(trial);
        logged.read();
        Expect.same(
                logged.log().bytes(0, (int) logged.log().size()),
                new byte[(int) logged.log().size()],
                "the log without LOG_ALL");
    }
}
