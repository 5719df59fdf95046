// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkConfig;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.Buffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads, writes, flushes and what else a device is asked for (virtio 1.3, 5.2.6). */
final class RequestRules {
    private static final String SECTION = "virtio 1.3, 5.2.6";
    private static final int BLOCK = AttachedDisk.BLOCK;

    static final List<Rule> ALL = List.of(
            must("request/read-and-write", SECTION, "what was written is read", RequestRules::readAndWrite),
            must(
                    "request/sector",
                    SECTION,
                    "a single sector can be read and written, where blk_size allows it",
                    RequestRules::sector),
            must(
                    "request/kept",
                    SECTION,
                    "what was written and flushed is there on the next connection",
                    RequestRules::kept),
            must("request/flush", SECTION, "a flush is done", RequestRules::flush),
            must(
                    "request/nothing-else-touched",
                    SECTION,
                    "a read touches its buffer and its status, nothing beside them",
                    RequestRules::nothingElseTouched),
            must("request/seg-max", "virtio 1.3, 5.2.4", "a request of seg_max buffers is done", RequestRules::segMax),
            must("request/large", SECTION, "a request of 1 MiB is done", RequestRules::large),
            must("request/last-block", SECTION, "the last block can be read", RequestRules::lastBlock),
            must("request/unknown", "virtio 1.3, 5.2.6.2", "an unknown type gets UNSUPP", RequestRules::unknown),
            should("request/id", SECTION, "GET_ID gives 20 bytes of ASCII, padded by zeros", RequestRules::id),
            should(
                    "request/id-short",
                    SECTION,
                    "GET_ID with a shorter buffer stays inside of it",
                    RequestRules::idShort),
            must(
                    "request/empty",
                    SECTION,
                    "a read without data is completed, with whatever status",
                    RequestRules::empty),
            must(
                    "request/read-only",
                    "virtio 1.3, 5.2.6.2",
                    "a read-only disk answers writes by IOERR and does not change",
                    RequestRules::readOnly));

    private RequestRules() {}

    private static void readAndWrite(Trial trial) {
        AttachedDisk disk = trial.attach().writable();
        for (int i = 0; i < 32; i++) {
            disk.check(i * 7L, i);
        }
        Expect.same(disk.read(7, BLOCK), AttachedDisk.noise(BLOCK, 1), "a block written before others");
    }

    private static void sector(Trial trial) {
        AttachedDisk disk = trial.attach().writable();
        Expect.offered(
                !disk.has(BlkFeatures.BLK_SIZE) || disk.config().u32(BlkConfig.BLK_SIZE) == 512,
                "sectors of 512 bytes");
        disk.check(11, 100);
        Expect.same(disk.driver().write(11 * 8 + 3, AttachedDisk.noise(512, 101)), BlkStatus.OK, "status of a write");
        byte[] wanted = AttachedDisk.noise(BLOCK, 100);
        System.arraycopy(AttachedDisk.noise(512, 101), 0, wanted, 3 * 512, 512);
        Expect.same(disk.read(11, BLOCK), wanted, "a block of which one sector was written");
        Expect.same(disk.driver().read(11 * 8 + 3, 512), AttachedDisk.noise(512, 101), "that sector");
    }

    private static void kept(Trial trial) {
        AttachedDisk disk = trial.attach().writable();
        disk.write(12, AttachedDisk.noise(BLOCK, 102));
        if (disk.has(BlkFeatures.FLUSH)) {
            disk.driver().flush();
        }
        trial.leave();
        Expect.same(trial.attach().read(12, BLOCK), AttachedDisk.noise(BLOCK, 102), "a block on the next connection");
    }

    private static void flush(Trial trial) {
        AttachedDisk disk = trial.attach();
        Expect.offered(disk.has(BlkFeatures.FLUSH), "FLUSH");
        Expect.same(disk.driver().flush(), BlkStatus.OK, "status of a flush");
    }

    private static void nothingElseTouched(Trial trial) {
        AttachedDisk disk = trial.attach();
        int guard = 64;
        long at = disk.ram().allocate(BLOCK + 2L * guard, 1);
        disk.ram().at(at, BLOCK + 2L * guard).fill((byte) 0x5a);
        byte status = disk.driver().request(BlkRequestType.IN, 0, Buffer.in(at + guard, BLOCK));
        Expect.same(status, BlkStatus.OK, "status of a read");
        byte[] wanted = new byte[guard];
        Arrays.fill(wanted, (byte) 0x5a);
        Expect.same(disk.ram().bytes(at, guard), wanted, "what lies before the buffer");
        Expect.same(disk.ram().bytes(at + guard + BLOCK, guard), wanted, "what lies behind the buffer");
    }

    private static void segMax(Trial trial) {
        AttachedDisk disk = trial.attach(Trial.USUAL, 256).writable();
        Expect.offered(disk.has(BlkFeatures.SEG_MAX), "SEG_MAX");
        int segments = (int) Math.min(disk.config().u32(BlkConfig.SEG_MAX), 254);
        byte[] content = AttachedDisk.noise(segments * BLOCK, 103);
        long out = disk.ram().allocate(content.length, BLOCK);
        disk.ram().at(out, content.length).copyFrom(java.lang.foreign.MemorySegment.ofArray(content));
        List<Buffer> pieces = new ArrayList<>();
        for (int i = 0; i < segments; i++) {
            pieces.add(Buffer.out(out + (long) i * BLOCK, BLOCK));
        }
        byte status = disk.driver().request(BlkRequestType.OUT, 0, pieces.toArray(new Buffer[0]));
        Expect.same(status, BlkStatus.OK, "status of a write of " + segments + " buffers");
        Expect.same(disk.read(0, content.length), content, "what was written in " + segments + " buffers");
    }

    private static void large(Trial trial) {
        AttachedDisk disk = trial.attach().writable();
        disk.write(0, AttachedDisk.noise(1 << 20, 104));
        Expect.same(disk.read(0, 1 << 20), AttachedDisk.noise(1 << 20, 104), "1 MiB");
    }

    private static void lastBlock(Trial trial) {
        AttachedDisk disk = trial.attach();
        long sector = disk.config().capacity() - AttachedDisk.BLOCK_SECTORS;
        Expect.that(disk.driver().read(sector, BLOCK) != null, "sector %d can't be read", sector);
    }

    private static void unknown(Trial trial) {
        AttachedDisk disk = trial.attach();
        for (int type : new int[] {3, 99, 0x7fff_ffff, -1}) {
            byte status = disk.driver().request(type, 0, Buffer.in(disk.ram().allocate(512, 16), 512));
            Expect.same(status, BlkStatus.UNSUPP, "status of type " + type);
        }
        disk.check(3, 105);
    }

    private static void id(Trial trial) {
        byte[] id = trial.attach().driver().id();
        Expect.that(id != null, "GET_ID failed");
        boolean ended = false;
        for (byte b : id) {
            Expect.that(b == 0 || (!ended && b >= 0x20 && b < 0x7f), "the id is %s", Arrays.toString(id));
            ended |= b == 0;
        }
    }

    private static void idShort(Trial trial) {
        AttachedDisk disk = trial.attach();
        long at = disk.ram().allocate(64, 1);
        disk.ram().at(at, 64).fill((byte) 0x5a);
        disk.driver().request(BlkRequestType.GET_ID, 0, Buffer.in(at, 4));
        byte[] wanted = new byte[60];
        Arrays.fill(wanted, (byte) 0x5a);
        Expect.same(disk.ram().bytes(at + 4, 60), wanted, "what lies behind 4 bytes for the id");
        disk.check(3, 106);
    }

    private static void empty(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.ring().offer(disk.prepare(BlkRequestType.IN, 0, 0).chain());
        disk.ring().publish();
        disk.take();
        disk.check(3, 107);
    }

    private static void readOnly(Trial trial) {
        AttachedDisk disk = trial.attach();
        Expect.offered(disk.has(BlkFeatures.RO), "RO");
        byte[] before = disk.read(3, BLOCK);
        Expect.same(disk.driver().write(24, AttachedDisk.noise(BLOCK, 108)), BlkStatus.IOERR, "status of a write");
        Expect.same(disk.read(3, BLOCK), before, "a block of a read-only disk");
    }
}
