// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.ToIntFunction;

/**
 * The file as a crash leaves it. Behind a power cut, of what was not firm anything may be there or not, whole or in
 * sectors, in any order. Behind a kill, all is there that had been complete; what was on its way may be.
 */
final class Crash {
    /** What a power cut leaves of that which was not firm. */
    private enum Luck {
        ALL,
        NOTHING,
        SOME,
        SOME_SECTORS,
        ONE,
        ALL_BUT_ONE,
        SMALL,
        LARGE
    }

    /** What an image writes besides data is no larger, mostly. */
    private static final int SMALL = 4096;

    private final RecordingImage recording;
    private final Random random;
    private final int cut;
    private final boolean killed;
    private final Luck luck;
    private final int percent;

    /** The one that is there, or not, alone. */
    private final int odd;

    private Crash(RecordingImage recording, Random random, int cut, boolean killed, Optional<FileChange> rare) {
        this.recording = recording;
        this.random = random;
        this.cut = cut;
        this.killed = killed;
        boolean alone = rare.isPresent() && random.nextBoolean();
        this.luck = alone ? Luck.ALL_BUT_ONE : Luck.values()[random.nextInt(Luck.values().length)];
        this.percent = new int[] {10, 50, 90}[random.nextInt(3)];
        int[] loose = recording.changes().stream()
                .filter(change -> change.begin <= cut && change.firm > cut)
                .mapToInt(change -> change.begin)
                .toArray();
        this.odd = alone ? rare.get().begin : loose.length == 0 ? 0 : loose[random.nextInt(loose.length)];
    }

    /**
     * @param cut the last moment before
     * @param rare one that may be the only one that is lost
     */
    static byte[] file(RecordingImage recording, Random random, int cut, boolean killed, Optional<FileChange> rare) {
        return new Crash(recording, random, cut, killed, rare).file();
    }

    private byte[] file() {
        int room =
                recording.lengths().stream().mapToInt(FileLength::length).max().orElseThrow();
        byte[] file = Arrays.copyOf(recording.before(), room);
        for (FileChange change : recording.changes()) {
            if (change.begin <= cut) {
                if (change.firm <= cut || killed && change.effect <= cut) {
                    change.apply(file);
                } else {
                    mayApply(change, file);
                }
            }
        }
        // What lies behind a length that was lost is lost, too.
        return Arrays.copyOf(file, length());
    }

    private int length() {
        List<FileLength> had =
                recording.lengths().stream().filter(one -> one.at() <= cut).toList();
        int last = had.size() - 1;
        ToIntFunction<FileLength> since = killed ? FileLength::at : FileLength::firm;
        int first = last;
        while (since.applyAsInt(had.get(first)) > cut) {
            first--;
        }
        int found = luck == Luck.NOTHING ? first : luck == Luck.ALL ? last : first + random.nextInt(last - first + 1);
        return had.get(found).length();
    }

    private void mayApply(FileChange change, byte[] file) {
        boolean torn = killed || luck == Luck.SOME_SECTORS;
        if (torn) {
            for (int sector = 0; sector < change.sectors(); sector++) {
                if (random.nextInt(100) < percent) {
                    change.apply(file, sector);
                }
            }
            return;
        }
        boolean there = switch (luck) {
            case ALL -> true;
            case NOTHING -> false;
            case SOME, SOME_SECTORS -> random.nextInt(100) < percent;
            case ONE -> change.begin == odd;
            case ALL_BUT_ONE -> change.begin != odd;
            case SMALL -> change.data != null && change.length <= SMALL;
            case LARGE -> change.data == null || change.length > SMALL;
        };
        if (there) {
            change.apply(file);
        }
    }
}
