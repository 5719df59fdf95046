// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.BlkDriver;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** A disk behind a running ring. */
public record AttachedDisk(Trial trial, Frontend frontend, GuestRam ram, DriverRing ring) {
    /** A status byte that the device has not written. */
    public static final byte UNTOUCHED = (byte) 0xff;

    /** Divisible by every usual block size, in bytes. */
    public static final int BLOCK = 4096;

    public static final int BLOCK_SECTORS = BLOCK / 512;

    public BlkDriver driver() {
        return new BlkDriver(ring).patience(Trial.PATIENCE_MS);
    }

    public Config config() {
        return Config.of(frontend);
    }

    public boolean has(long feature) {
        return (frontend.features() & feature) != 0;
    }

    /** Bytes that are the same for the same seed. */
    public static byte[] noise(int bytes, long seed) {
        byte[] content = new byte[bytes];
        new SplittableRandom(seed).nextBytes(content);
        return content;
    }

    /** Leaves the rule where the disk can't be written. */
    public AttachedDisk writable() {
        if (has(BlkFeatures.RO)) {
            throw new NotApplicableException("the disk is read-only");
        }
        return this;
    }

    /** Writes a block and reads it again; a read-only disk is only read. */
    public void check(long block, long seed) {
        check(driver(), block, seed);
    }

    /** The same by a driver with ways of its own. */
    public void check(BlkDriver driver, long block, long seed) {
        if (has(BlkFeatures.RO)) {
            Expect.that(driver.read(block * BLOCK_SECTORS, BLOCK) != null, "block %d can't be read", block);
            return;
        }
        write(driver, block, noise(BLOCK, seed));
        Expect.same(driver.read(block * BLOCK_SECTORS, BLOCK), noise(BLOCK, seed), "block " + block + " read again");
    }

    public void write(long block, byte[] content) {
        write(driver(), block, content);
    }

    public static void write(BlkDriver driver, long block, byte[] content) {
        Expect.same(driver.write(block * BLOCK_SECTORS, content), BlkStatus.OK, "status of a write to block " + block);
    }

    public byte[] read(long block, int bytes) {
        return driver().read(block * BLOCK_SECTORS, bytes);
    }

    /** A request that is written into memory and not offered yet. */
    public record Prepared(List<Buffer> chain, long data, long status) {}

    /** Puts a request's header, data and status byte into memory that is not given back. */
    public Prepared prepare(int type, long sector, int bytes) {
        return prepare(ram, type, sector, bytes);
    }

    static Prepared prepare(GuestRam ram, int type, long sector, int bytes) {
        long header = ram.allocate(BlkRequestHeader.SIZE, 16);
        BlkRequestHeader.put(ram.at(header, BlkRequestHeader.SIZE), 0, type, sector);
        long data = ram.allocate(bytes, 16);
        long status = ram.allocate(1, 1);
        ram.at(status, 1).set(ValueLayout.JAVA_BYTE, 0, UNTOUCHED);
        List<Buffer> chain = new ArrayList<>();
        chain.add(Buffer.out(header, BlkRequestHeader.SIZE));
        if (bytes > 0) {
            chain.add(type == BlkRequestType.OUT ? Buffer.out(data, bytes) : Buffer.in(data, bytes));
        }
        chain.add(Buffer.in(status, 1));
        return new Prepared(chain, data, status);
    }

    /** A write of a block, prepared and offered, not shown yet. */
    public Prepared offerWrite(long block, byte[] content) {
        Prepared write = prepare(BlkRequestType.OUT, block * BLOCK_SECTORS, content.length);
        ram.at(write.data(), content.length).copyFrom(MemorySegment.ofArray(content));
        ring.offer(write.chain());
        return write;
    }

    public byte status(Prepared request) {
        return ram.at(request.status(), 1).get(ValueLayout.JAVA_BYTE, 0);
    }

    /** Waits for the next used element. */
    public DriverRing.Used take() {
        DriverRing.Used used = ring.take(Trial.PATIENCE_MS);
        Expect.that(used != null, "a request was not completed within %d ms", Trial.PATIENCE_MS);
        return used;
    }
}
