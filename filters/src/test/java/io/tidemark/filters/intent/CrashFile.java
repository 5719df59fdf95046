// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** A file in memory that keeps what was not synced apart, can lose it sector by sector, and can fail. */
public final class CrashFile implements StableFile {
    private static final int SECTOR = 512;

    /** By sector: what is stable, then what was written since. */
    private final TreeMap<Integer, List<byte[]>> sectors = new TreeMap<>();

    private boolean readOnly;
    private boolean undeletable;
    public int syncs;

    /** What a power cut leaves: of each sector what was stable, or any later version of it. */
    public synchronized CrashFile crashed(Random random) {
        CrashFile left = new CrashFile();
        sectors.forEach((at, versions) ->
                left.sectors.put(at, new ArrayList<>(List.of(versions.get(random.nextInt(versions.size()))))));
        return left;
    }

    /** The same as a process sees it that starts behind one that was killed. */
    public synchronized CrashFile killed() {
        CrashFile left = new CrashFile();
        sectors.forEach((at, versions) -> left.sectors.put(at, new ArrayList<>(List.of(versions.getLast()))));
        return left;
    }

    public synchronized void readOnly(boolean deletable) {
        readOnly = true;
        undeletable = !deletable;
    }

    public synchronized void flip(int at) {
        sectors.get(at / SECTOR).getLast()[at % SECTOR] ^= 1;
    }

    @Override
    public synchronized long size() {
        return sectors.isEmpty() ? 0 : (sectors.lastKey() + 1L) * SECTOR;
    }

    @Override
    public synchronized void read(long at, ByteBuffer into) {
        for (int sector = (int) (at / SECTOR); into.hasRemaining(); sector++) {
            List<byte[]> versions = sectors.get(sector);
            into.put(versions == null ? new byte[SECTOR] : versions.getLast());
        }
    }

    @Override
    public synchronized void write(long at, ByteBuffer from) throws IOException {
        check(readOnly);
        for (int sector = (int) (at / SECTOR); from.hasRemaining(); sector++) {
            byte[] version = new byte[SECTOR];
            from.get(version);
            sectors.computeIfAbsent(sector, none -> new ArrayList<>(List.of(new byte[SECTOR])))
                    .add(version);
        }
    }

    @Override
    public synchronized void sync() throws IOException {
        check(readOnly);
        syncs++;
        sectors.values()
                .forEach(versions -> versions.subList(0, versions.size() - 1).clear());
    }

    @Override
    public synchronized void delete() throws IOException {
        check(undeletable);
        sectors.clear();
    }

    private static void check(boolean refused) throws IOException {
        if (refused) {
            throw new IOException("Read-only file system");
        }
    }

    @Override
    public void close() {}

    @Override
    public String toString() {
        return "sectors " + Arrays.toString(sectors.keySet().toArray());
    }
}
