// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.zip.CRC32C;

/**
 * The bits of a map's file as they are in the file, or will be when {@link #write} has written them. By the thread that writes.
 *
 * <p>A write that is torn leaves each sector as it was or as it was to be. A bit that is being set is believed by nobody
 * before the write is complete; one that is being cleared may stay. So either is right. A sector whose
 * checksum is wrong is taken for one with all bits set.
 */
final class IntentBits {
    /** Of sectors; a page apart from the header. */
    static final int BEGIN = 4096;

    private static final int SECTOR = 512;
    private static final int BYTES = 504;
    private static final int BITS = BYTES * 8;
    private static final int INDEX = 504;
    private static final int CHECKSUM = 508;

    private final BitSet bits = new BitSet();
    private final BitSet changed = new BitSet();
    private final int count;
    private final ByteBuffer sector = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);

    IntentBits(int count) {
        this.count = count;
    }

    private int sectors() {
        return (count + BITS - 1) / BITS;
    }

    boolean get(int region) {
        return bits.get(region);
    }

    void set(int region, boolean value) {
        if (bits.get(region) != value) {
            bits.set(region, value);
            changed.set(region / BITS);
        }
    }

    void setAll(boolean value) {
        bits.set(0, count, value);
        changed.set(0, sectors());
    }

    BitSet copy() {
        return (BitSet) bits.clone();
    }

    /** Takes over what the file says; it is trusted as a whole. */
    void read(StableFile file) throws IOException {
        for (int i = 0; i < sectors(); i++) {
            file.read(BEGIN + (long) i * SECTOR, sector.clear());
            int end = Math.min(count, (i + 1) * BITS);
            if (sector.getInt(CHECKSUM) != checksum() || sector.getInt(INDEX) != i) {
                bits.set(i * BITS, end);
                continue;
            }
            for (int region = i * BITS; region < end; region++) {
                int at = region % BITS;
                bits.set(region, (sector.get(at / 8) >> at % 8 & 1) != 0);
            }
        }
    }

    /** Writes the sectors that have changed. @return whether there were any */
    boolean write(StableFile file) throws IOException {
        boolean any = !changed.isEmpty();
        for (int i = changed.nextSetBit(0); i >= 0; i = changed.nextSetBit(i + 1)) {
            fill(i);
            file.write(BEGIN + (long) i * SECTOR, sector.clear());
        }
        changed.clear();
        return any;
    }

    private void fill(int index) {
        Arrays.fill(sector.array(), (byte) 0);
        int end = Math.min(count, (index + 1) * BITS);
        for (int r = bits.nextSetBit(index * BITS); r >= 0 && r < end; r = bits.nextSetBit(r + 1)) {
            int at = r % BITS;
            sector.put(at / 8, (byte) (sector.get(at / 8) | 1 << at % 8));
        }
        sector.putInt(INDEX, index);
        sector.putInt(CHECKSUM, checksum());
    }

    private int checksum() {
        CRC32C crc = new CRC32C();
        crc.update(sector.array(), 0, CHECKSUM);
        return (int) crc.getValue();
    }
}
