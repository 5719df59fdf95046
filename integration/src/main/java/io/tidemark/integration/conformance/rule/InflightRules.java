// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.InflightArea;
import io.tidemark.integration.conformance.trial.RingMemory;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.InflightDescription;
import io.tidemark.vhost.protocol.ProtocolFeature;
import java.util.List;

/** The record of requests in flight, which outlives the backend. */
final class InflightRules {
    private static final String SECTION = "vhost-user.rst, Inflight I/O tracking";

    static final List<Rule> ALL = List.of(
            must(
                    "inflight/size",
                    "vhost-user.rst, VHOST_USER_GET_INFLIGHT_FD",
                    "the memory has room for the states of all queues, and is zeroed",
                    InflightRules::size),
            must(
                    "inflight/header",
                    SECTION,
                    "version 1 and the ring's size are noted by the start",
                    InflightRules::header),
            must(
                    "inflight/unmarked",
                    SECTION,
                    "what is complete is not marked, and the used index is noted",
                    InflightRules::unmarked),
            must(
                    "inflight/done-again",
                    SECTION,
                    "marked requests of a backend that died are done at the start, once",
                    InflightRules::doneAgain),
            must("inflight/several", SECTION, "the same with several at once", InflightRules::several),
            must(
                    "inflight/batch",
                    SECTION,
                    "a last batch that the used index shows is not done again",
                    InflightRules::batch),
            should(
                    "inflight/too-small",
                    "vhost-user.rst, VHOST_USER_SET_INFLIGHT_FD",
                    "memory that is too small is refused",
                    InflightRules::tooSmall));

    private InflightRules() {}

    private static Frontend negotiated(Trial trial) {
        Expect.offered(trial.hasProtocolFeature(ProtocolFeature.INFLIGHT_SHMFD), "INFLIGHT_SHMFD");
        return trial.negotiated();
    }

    private static void size(Trial trial) {
        Frontend frontend = negotiated(trial);
        int queues = (int) frontend.getU64(FrontendRequest.GET_QUEUE_NUM);
        InflightArea area = InflightArea.get(trial, frontend, queues, Trial.QUEUE_SIZE);
        long least = queues * (16L + 16L * Trial.QUEUE_SIZE);
        Expect.that(area.size() >= least, "%d bytes are less than %d", area.size(), least);
        Expect.same(area.bytes(), new byte[(int) area.size()], "fresh memory");
    }

    /** A ring whose record is in the area; not started yet. */
    private static AttachedDisk prepared(Trial trial, Frontend frontend, InflightArea area) {
        Expect.that(area.give(frontend), "SET_INFLIGHT_FD was refused");
        GuestRam ram = trial.closing(frontend.share(Trial.RAM, Trial.RAM_SIZE));
        DriverRing ring = trial.closing(
                new DriverRing(ram, Trial.QUEUE_SIZE, BlkFeatures.has(frontend.features(), BlkFeatures.EVENT_IDX)));
        return new AttachedDisk(trial, frontend, ram, ring);
    }

    private static AttachedDisk prepared(Trial trial, Frontend frontend) {
        return prepared(trial, frontend, InflightArea.get(trial, frontend, 1, Trial.QUEUE_SIZE));
    }

    private static void header(Trial trial) {
        Frontend frontend = negotiated(trial);
        InflightArea area = InflightArea.get(trial, frontend, 1, Trial.QUEUE_SIZE);
        AttachedDisk disk = prepared(trial, frontend, area);
        frontend.startRing(0, disk.ring(), 0);
        disk.check(3, 151);
        Expect.same(area.version(), 1, "the version");
        Expect.same(area.descriptors(), Trial.QUEUE_SIZE, "the number of states");
    }

    private static void unmarked(Trial trial) {
        Frontend frontend = negotiated(trial);
        InflightArea area = InflightArea.get(trial, frontend, 1, Trial.QUEUE_SIZE);
        AttachedDisk disk = prepared(trial, frontend, area);
        frontend.startRing(0, disk.ring(), 0);
        for (int i = 0; i < 20; i++) {
            disk.driver().id();
        }
        frontend.stopRing(0);
        Expect.same(area.usedIndex(), 20, "the used index that is noted");
        Expect.same(area.marked(), 0, "the number of marked requests");
    }

    /** An area as a backend leaves it that died before it did anything for these heads, with these counters. */
    private static InflightArea left(Trial trial, Frontend frontend, int[] heads, long[] counters) {
        InflightArea area = InflightArea.get(trial, frontend, 1, Trial.QUEUE_SIZE);
        area.begin(Trial.QUEUE_SIZE);
        for (int i = 0; i < heads.length; i++) {
            area.mark(heads[i], counters[i]);
        }
        return area;
    }

    private static void doneAgain(Trial trial) {
        Frontend frontend = negotiated(trial);
        AttachedDisk disk = prepared(trial, frontend).writable();
        AttachedDisk.Prepared write = disk.offerWrite(40, AttachedDisk.noise(AttachedDisk.BLOCK, 152));
        disk.ring().publish();
        InflightArea area = left(trial, frontend, new int[] {0}, new long[] {1});
        Expect.that(area.give(frontend), "SET_INFLIGHT_FD was refused");
        frontend.startRing(0, disk.ring(), 0);
        disk.take();
        Expect.same(disk.status(write), BlkStatus.OK, "status of the write that is done again");
        Expect.that(disk.ring().take(Trial.WATCH_MS) == null, "a marked request was done twice");
        Expect.same(disk.read(40, AttachedDisk.BLOCK), AttachedDisk.noise(AttachedDisk.BLOCK, 152), "its block");
        Expect.same(area.marked(), 0, "the number of marked requests");
    }

    private static void several(Trial trial) {
        Frontend frontend = negotiated(trial);
        AttachedDisk disk = prepared(trial, frontend).writable();
        int[] heads = new int[3];
        for (int i = 0; i < heads.length; i++) {
            heads[i] = 3 * i;
            disk.offerWrite(40 + i, AttachedDisk.noise(AttachedDisk.BLOCK, 160 + i));
        }
        disk.ring().publish();
        InflightArea area = left(trial, frontend, heads, new long[] {9, 8, 7});
        Expect.that(area.give(frontend), "SET_INFLIGHT_FD was refused");
        frontend.startRing(0, disk.ring(), 0);
        RingMemory memory = new RingMemory(disk.ring());
        Expect.that(memory.awaitUsed(3, Trial.PATIENCE_MS), "not all marked requests were completed");
        for (int i = 0; i < heads.length; i++) {
            disk.take();
        }
        for (int i = 0; i < heads.length; i++) {
            Expect.same(
                    disk.read(40 + i, AttachedDisk.BLOCK),
                    AttachedDisk.noise(AttachedDisk.BLOCK, 160 + i),
                    "block " + (40 + i));
        }
    }

    private static void batch(Trial trial) {
        Frontend frontend = negotiated(trial);
        AttachedDisk disk = prepared(trial, frontend);
        // Head 5 was used, and died of before it was unmarked: the ring's used index is 1, the noted one is 0.
        disk.ring().startAt(1);
        InflightArea area = left(trial, frontend, new int[] {5}, new long[] {1});
        area.lastBatchHead(5);
        Expect.that(area.give(frontend), "SET_INFLIGHT_FD was refused");
        frontend.startRing(0, disk.ring(), 1);
        disk.check(3, 153);
        Expect.same(area.marked(), 0, "the number of marked requests");
        int requests = disk.has(BlkFeatures.RO) ? 1 : 2;
        Expect.same(new RingMemory(disk.ring()).usedIndex(), 1 + requests, "the used index");
    }

    private static void tooSmall(Trial trial) {
        Frontend frontend = negotiated(trial);
        GuestRam small = trial.closing(new GuestRam(0, 4096));
        Expect.that(
                Wire.refuses(
                        frontend,
                        FrontendRequest.SET_INFLIGHT_FD,
                        InflightDescription.of(64, 0, 1, Trial.QUEUE_SIZE),
                        small.fd()),
                "64 bytes for %d states were taken",
                Trial.QUEUE_SIZE);
    }
}
