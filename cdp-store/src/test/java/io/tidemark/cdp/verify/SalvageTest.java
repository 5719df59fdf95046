// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.keep.HistoryKeeping;
import io.tidemark.cdp.read.HistorySummary.Interval;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.volume.MemoryPlace;
import io.tidemark.cdp.volume.MemoryVolume;
import io.tidemark.disk.Extent;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bits flipped, segments cut and deleted: what salvage doesn't name is there byte for byte, and what it can't give it names. */
class SalvageTest {
    private static final int DISK = 64 << 10;
    private static final int WRITES = 400;

    /** The disk after each write. */
    private final List<byte[]> states = new ArrayList<>();

    /** @param layers whether the log's segments have got theirs: then damage to them is only found when they are read */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsNotNamedIsThere(boolean layers) throws IOException {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("salvage seed " + seed);
        var random = new Random(seed);
        var history = recorded(random);
        if (layers) {
            HistoryKeeping.open(history, () -> WRITES, () -> Long.MAX_VALUE, () -> false, what -> {
                        throw new AssertionError(what);
                    })
                    .makeLayers(Integer.MAX_VALUE - 1);
        }
        int lostParts = 0;
        int lostPoints = 0;
        for (int round = 0; round < Integer.getInteger("tidemark.salvage.rounds", 60); round++) {
            var damaged = Histories.with(history, copy(Histories.data(history)), copy(Histories.meta(history)));
            var what = "seed " + seed + " round " + round + ":";
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                what += " " + harm(damaged, random);
            }
            try (var salvage = Salvage.open(damaged, false)) {
                assertThat(salvage.damage((_, _) -> {})).as(what).isNotNull();
                var points = salvage.points();
                for (int i = 0; i < 12; i++) {
                    int number = random.nextInt(states.size());
                    if (isIn(points, number)) {
                        lostParts += check(salvage, number, what);
                    } else {
                        lostPoints++;
                        assertThat(refusal(salvage, number))
                                .as(what)
                                .isIn(Code.NOT_RESTORABLE, Code.BEYOND, Code.DAMAGED);
                    }
                }
            }
        }
        // Else nothing was tried.
        assertThat(lostParts).isPositive();
        assertThat(lostPoints).isPositive();
    }

    private History recorded(Random random) {
        var model = new Model(DISK, 16 << 10, random);
        var history = Histories.inMemory(DISK);
        states.add(model.disk.clone());
        for (int run = 0; run < 2; run++) {
            try (var writer = Histories.writer(history)) {
                for (int i = 0; i < WRITES / 2; i++) {
                    model.step(writer);
                    states.add(model.disk.clone());
                }
            }
        }
        return history;
    }

    private static String harm(History history, Random random) throws IOException {
        var volume = random.nextBoolean() ? Histories.data(history) : Histories.meta(history);
        var names = volume.list();
        if (names.isEmpty()) {
            return "nothing";
        }
        var name = names.get(random.nextInt(names.size()));
        var content = volume.content(name);
        int at = random.nextInt(Math.max(content.length, 1));
        switch (random.nextInt(6)) {
            case 0 -> volume.delete(name);
            case 1 -> volume.replace(name, Arrays.copyOf(content, at));
            case 2 -> {
                Arrays.fill(content, at, Math.min(at + 512, content.length), (byte) 0);
                volume.replace(name, content);
            }
            default -> {
                if (content.length > 0) {
                    content[at] ^= (byte) (1 << random.nextInt(8));
                }
                volume.replace(name, content);
            }
        }
        return name + "@" + at;
    }

    /** @return how many parts are lost */
    private int check(Salvage salvage, int number, String what) {
        var found = salvage.at(new Point.WriteNumber(number));
        assertThat(found.state().number()).as(what).isEqualTo(number);
        var expected = states.get(number);
        var read = new byte[DISK];
        salvage.read(found, MemorySegment.ofArray(read));
        for (var extent : found.lost()) {
            // Nothing but zeros is in what is lost.
            for (int at = (int) extent.offset(); at < extent.end(); at++) {
                assertThat(read[at]).as(what).isZero();
            }
            System.arraycopy(expected, (int) extent.offset(), read, (int) extent.offset(), (int) extent.length());
        }
        assertThat(Arrays.mismatch(read, expected))
                .as(what + " write " + number + " lost " + found.lost())
                .isEqualTo(-1);
        assertThat(found.lost().stream().mapToLong(Extent::length).sum() + found.bytes())
                .as(what)
                .isLessThanOrEqualTo(DISK);
        return found.lost().size();
    }

    private static Code refusal(Salvage salvage, int number) {
        try {
            salvage.at(new Point.WriteNumber(number));
            return null;
        } catch (StoreException e) {
            return e.code();
        }
    }

    private static boolean isIn(List<Interval> points, long number) {
        return points.stream().anyMatch(interval -> number >= interval.from() && number <= interval.to());
    }

    private static MemoryVolume copy(MemoryVolume volume) {
        var copy = new MemoryVolume();
        for (var name : volume.list()) {
            copy.replace(name, volume.content(name));
        }
        return copy;
    }

    @Test
    void aHistoryIsFoundWithoutItsIdentity() throws IOException {
        var place = new MemoryPlace();
        var store = Store.openOrCreate(place);
        try (var writer = store.write("vda", DISK)) {
            writer.write(1, 0, MemorySegment.ofArray(new byte[512]).fill((byte) 3));
        }
        var whole = store.history("vda");
        place.delete("tidemark-store");
        place.in("disks").in("vda").delete("history");
        var found = Store.remains(place).remains("vda");
        assertThat(found.id()).isEqualTo(whole.id());
        assertThat(found.capacity()).isEqualTo(DISK);
        try (var salvage = Salvage.open(found, false)) {
            var at = salvage.at(new Point.WriteNumber(1));
            assertThat(at.lost()).isEmpty();
            assertThat(at.bytes()).isEqualTo(512);
        }
    }
}
