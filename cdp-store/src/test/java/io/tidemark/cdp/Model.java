// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.read.PastView;
import io.tidemark.disk.change.ChangeLog;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;

/** A disk in memory that tells a log what it does, and remembers the checksum of every exact state. */
public final class Model {
    public static final int BLOCK = 4096;

    public final byte[] disk;
    /** By write number: the disk's checksum, or null where no exact state exists. */
    public final List<Long> states = new ArrayList<>();

    public final List<String> marks = new ArrayList<>();
    public long time = 1_700_000_000_000_000L;
    private final Random random;
    private final int longest;

    public Model(int size, int longest, Random random) {
        this.disk = new byte[size];
        this.longest = longest;
        this.random = random;
        remember();
    }

    /** One random change. */
    public void step(ChangeLog log) {
        time += random.nextInt(2000);
        int length = BLOCK * (1 + random.nextInt(random.nextInt(20) == 0 ? longest / BLOCK : 4));
        int offset = random.nextInt(disk.length / 512 - length / 512) * 512;
        switch (random.nextInt(12)) {
            case 0 -> {
                log.zero(time, offset, length);
                Arrays.fill(disk, offset, offset + length, (byte) 0);
            }
            case 1 -> {
                log.discard(time, offset, length);
                Arrays.fill(disk, offset, offset + length, (byte) 0);
            }
            case 2 -> {
                var zeros = new byte[length];
                log.write(time, offset, MemorySegment.ofArray(zeros));
                System.arraycopy(zeros, 0, disk, offset, length);
            }
            default -> {
                var content = content(length);
                log.write(time, offset, MemorySegment.ofArray(content));
                System.arraycopy(content, 0, disk, offset, length);
            }
        }
        remember();
        if (random.nextInt(10) == 0) {
            log.flush(time, log.position());
        }
        if (random.nextInt(15) == 0) {
            marks.add("mark-" + log.position());
            log.mark(time, marks.getLast());
        }
        if (random.nextInt(4) == 0) {
            log.pause();
        }
    }

    /** A gap: changes that the log is not told, then changes that race with the sync of what was lost. */
    public void gap(ChangeLog log, GapReason reason) {
        gap(log, reason, () -> {});
    }

    /** @param between done between the changes */
    public void gap(ChangeLog log, GapReason reason, Runnable between) {
        log.gapBegin(++time, reason);
        var lost = new ArrayList<Integer>();
        for (int i = 0; i < 5; i++) {
            int at = random.nextInt(disk.length / BLOCK) * BLOCK;
            System.arraycopy(content(BLOCK), 0, disk, at, BLOCK);
            lost.add(at);
        }
        for (int at : lost) {
            long position = log.position();
            byte[] read = Arrays.copyOfRange(disk, at, at + BLOCK);
            for (int i = random.nextInt(3); i > 0; i--) {
                int sector = at + random.nextInt(BLOCK / 512) * 512;
                var content = content(512);
                log.write(++time, sector, MemorySegment.ofArray(content));
                System.arraycopy(content, 0, disk, sector, 512);
                states.add(null);
                between.run();
                if (random.nextBoolean()) {
                    // The reader saw this write: it read later than it asked for the position.
                    System.arraycopy(content, 0, read, sector - at, 512);
                }
            }
            log.syncData(position, at, MemorySegment.ofArray(read));
        }
        log.gapEnd(++time);
        // If nothing was written meanwhile, one number has two states: by its number the later one is meant.
        states.set((int) log.position(), checksum());
    }

    /** Noise, text-like repetition, or a mix. */
    private byte[] content(int length) {
        var content = new byte[length];
        if (random.nextBoolean()) {
            random.nextBytes(content);
        } else {
            Arrays.fill(content, (byte) (1 + random.nextInt(100)));
            content[random.nextInt(length)] = (byte) random.nextInt(256);
        }
        return content;
    }

    private void remember() {
        states.add(checksum());
    }

    public long checksum() {
        return checksum(disk);
    }

    public static long checksum(byte[] disk) {
        var crc = new CRC32C();
        crc.update(disk);
        return crc.getValue();
    }

    /** The checksum of a past disk. */
    public static long checksum(PastView view, byte[] scratch) {
        view.read(0, MemorySegment.ofArray(scratch));
        return checksum(scratch);
    }
}
