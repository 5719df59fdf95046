// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.InflightArea;
import io.tidemark.integration.conformance.trial.PackedDisk;
import io.tidemark.integration.conformance.trial.PackedInflight;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.fixture.PackedDriverRing;
import io.tidemark.vhost.protocol.ProtocolFeature;
import java.util.ArrayList;
import java.util.List;

/** The record of requests in flight of packed rings. */
final class PackedInflightRules {
    private static final String SECTION = "vhost-user.rst, Inflight I/O tracking";
    private static final int SIZE = 64;

    static final List<Rule> ALL = List.of(
            must(
                    "inflight-packed/size",
                    "vhost-user.rst, VHOST_USER_GET_INFLIGHT_FD",
                    "the memory has room for the states of a packed ring",
                    PackedInflightRules::size),
            must(
                    "inflight-packed/header",
                    SECTION,
                    "version 1, the ring's size, and where the used descriptors end are noted",
                    PackedInflightRules::header),
            must(
                    "inflight-packed/done-again",
                    SECTION,
                    "marked requests of a backend that died are done at the start, once",
                    PackedInflightRules::doneAgain));

    private PackedInflightRules() {}

    private static Frontend negotiated(Trial trial) {
        // First: it asks on a connection of its own, and a backend may serve one at a time.
        Expect.offered(trial.hasProtocolFeature(ProtocolFeature.INFLIGHT_SHMFD), "INFLIGHT_SHMFD");
        return PackedDisk.negotiated(trial, Trial.USUAL);
    }

    private static PackedDisk prepared(Trial trial, Frontend frontend) {
        GuestRam ram = trial.closing(frontend.share(Trial.RAM, Trial.RAM_SIZE));
        boolean events = BlkFeatures.has(frontend.features(), BlkFeatures.EVENT_IDX);
        return new PackedDisk(trial, frontend, ram, trial.closing(new PackedDriverRing(ram, SIZE, events)));
    }

    private static void size(Trial trial) {
        InflightArea area = InflightArea.get(trial, negotiated(trial), 1, SIZE);
        long least = PackedInflight.REGION + (long) PackedInflight.STATE * SIZE;
        Expect.that(area.size() >= least, "%d bytes are less than %d", area.size(), least);
    }

    private static void header(Trial trial) {
        Frontend frontend = negotiated(trial);
        InflightArea area = InflightArea.get(trial, frontend, 1, SIZE);
        Expect.that(area.give(frontend), "SET_INFLIGHT_FD was refused");
        PackedDisk disk = prepared(trial, frontend);
        frontend.startRing(0, disk.ring(), PackedDriverRing.freshBase());
        for (int i = 0; i < SIZE + 4; i++) {
            Expect.that(disk.driver().indirect(true).read(0, 4096) != null, "a read failed");
        }
        frontend.stopRing(0);
        PackedInflight record = new PackedInflight(area);
        Expect.same(record.version(), 1, "the version");
        Expect.same(record.descriptors(), SIZE, "the number of states");
        Expect.same(record.usedIndex(), 4, "the used index that is noted");
        Expect.same(record.usedWrap(), 0, "the wrap counter that is noted");
        Expect.same(record.marked(SIZE), 0, "the number of marked requests");
    }

    private static void doneAgain(Trial trial) {
        Frontend frontend = negotiated(trial);
        InflightArea area = InflightArea.get(trial, frontend, 1, SIZE);
        PackedDisk disk = prepared(trial, frontend);
        List<List<Buffer>> chains = new ArrayList<>();
        List<AttachedDisk.Prepared> writes = new ArrayList<>();
        int[] ids = new int[3];
        for (int i = 0; i < ids.length; i++) {
            AttachedDisk.Prepared write = disk.prepareWrite(40 + i, AttachedDisk.noise(AttachedDisk.BLOCK, 380 + i));
            writes.add(write);
            chains.add(write.chain());
            ids[i] = disk.ring().offer(write.chain());
        }
        disk.ring().publish();
        PackedInflight record = new PackedInflight(area);
        record.left(SIZE, chains, ids);
        Expect.that(area.give(frontend), "SET_INFLIGHT_FD was refused");
        frontend.startRing(
                0,
                disk.ring(),
                PackedDriverRing.freshBase() | 3 * writes.getFirst().chain().size());
        for (int i = 0; i < ids.length; i++) {
            Expect.that(disk.ring().take(Trial.PATIENCE_MS) != null, "%d of 3 marked requests came back", i);
        }
        Expect.that(disk.ring().take(Trial.WATCH_MS) == null, "a marked request was done twice");
        for (int i = 0; i < ids.length; i++) {
            Expect.same(disk.status(writes.get(i)), BlkStatus.OK, "status of a write that is done again");
            Expect.same(
                    disk.driver().read((40 + i) * AttachedDisk.BLOCK_SECTORS, AttachedDisk.BLOCK),
                    AttachedDisk.noise(AttachedDisk.BLOCK, 380 + i),
                    "block " + (40 + i));
        }
        Expect.same(record.marked(SIZE), 0, "the number of marked requests");
    }
}
