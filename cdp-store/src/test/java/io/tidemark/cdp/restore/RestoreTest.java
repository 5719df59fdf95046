// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restores of a random history: whole, killed and gone on with, from a damaged store. */
class RestoreTest {
    private static final int DISK = 4 << 20;

    /** Small pieces of work, so that there are many. */
    private static final RestoreOptions SMALL = new RestoreOptions(3, 40, 64 << 10, Duration.ZERO);

    @TempDir
    Path folder;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Model model = new Model(DISK, 512 << 10, random);
    private final History history = Histories.inMemory(DISK);
    private HistoryReader reader;
    private State state;
    private byte[] expected;

    @BeforeEach
    void begin() {
        System.out.println("restore, seed " + seed + " (-Dtidemark.seed=" + seed + " repeats it)");
        try (var writer = Histories.writer(history)) {
            model.gap(writer, GapReason.START);
            for (int i = 0; i < 400; i++) {
                model.step(writer);
            }
        }
        reader = HistoryReader.open(history, false);
        state = reader.resolve(new Point.Latest());
        expected = model.disk;
    }

    @AfterEach
    void end() {
        reader.close();
    }

    private PastView view() {
        return reader.view(state);
    }

    private NotePlace place() {
        return new NoteFile(folder.resolve("image"));
    }

    private RestoreNote note() {
        return RestoreNote.begin(
                place(), new RestoreNote.Goal(history.id(), state.number(), state.time(), DISK, "latest", ""));
    }

    private RestoreNote again() {
        return RestoreNote.find(place()).orElseThrow();
    }

    @Test
    void writesAllOfItToFreshAndToUsedTargets() {
        long[] rooms = {0, Spill.CHUNK / 4, Long.MAX_VALUE};
        for (boolean fresh : new boolean[] {true, false}) {
            for (var options : new RestoreOptions[] {SMALL, RestoreOptions.DEFAULT}) {
                var target = new ArrayTarget(new byte[DISK], fresh);
                target.room = rooms[random.nextInt(rooms.length)];
                if (!fresh) {
                    Arrays.fill(target.disk, (byte) 7);
                }
                var told = new ArrayList<long[]>();
                var result =
                        Restore.run(this::view, target, options, (done, total) -> told.add(new long[] {done, total}));
                assertThat(target.flushed).as("seed %s", seed).isEqualTo(expected);
                assertThat(result.missing()).isEmpty();
                assertThat(told.getFirst()[0]).isZero();
                assertThat(told.getLast()).containsExactly(result.bytes(), result.bytes());
            }
        }
    }

    @Test
    void goesOnWhereItWasKilledAndLosesNothingThatWasNotFlushed() {
        for (boolean fresh : new boolean[] {true, false}) {
            var disk = new byte[DISK];
            if (!fresh) {
                random.nextBytes(disk);
            }
            var note = note();
            int deaths = 0;
            int most = 2;
            while (true) {
                var target = new ArrayTarget(disk, fresh);
                target.room = random.nextBoolean() ? 0 : Long.MAX_VALUE;
                var left = new AtomicInteger(random.nextInt(most));
                target.before = () -> {
                    if (left.getAndDecrement() <= 0) {
                        throw new StoreException(StoreException.Code.IO, "killed");
                    }
                };
                try {
                    Restore.run(this::view, target, note, SMALL, (_, _) -> {});
                    assertThat(target.flushed)
                            .as("seed %s, %d deaths", seed, deaths)
                            .isEqualTo(expected);
                    break;
                } catch (StoreException e) {
                    assertThat(e).hasMessage("killed");
                    deaths++;
                    most += 2;
                    // Power is cut: what was not flushed may be there or not, or half.
                    disk = target.flushed.clone();
                    for (int at = 0; at < DISK; at += 512) {
                        if (random.nextBoolean()) {
                            System.arraycopy(target.disk, at, disk, at, 512);
                        }
                    }
                    note = again();
                }
            }
            System.out.println(deaths + " deaths");
            assertThat(deaths).isGreaterThan(3);
        }
    }

    @Test
    void namesExactlyWhatIsDamagedAndRestoresAllElse() {
        var data = Histories.data(history);
        // Of a block that the state needs.
        long[] place = {0};
        try (var view = view()) {
            view.forEachData(0, DISK, (_, _, at) -> {
                place[0] = at;
                return false;
            });
        }
        var name = History.segmentName(place[0] >>> 32);
        int block = (int) place[0];
        var good = data.content(name);
        var bad = good.clone();
        Arrays.fill(bad, block, block + 100, (byte) 0x55);
        data.replace(name, bad);
        var note = note();
        var target = new ArrayTarget(new byte[DISK], true);
        var result = Restore.run(this::view, target, note, SMALL, (_, _) -> {});
        assertThat(result.missing()).as("seed %s", seed).isNotEmpty();
        var missing = new byte[DISK];
        for (var part : result.missing()) {
            assertThat(part.reason()).contains(data.name() + "/" + name);
            Arrays.fill(missing, (int) part.offset(), (int) (part.offset() + part.length()), (byte) 1);
        }
        for (int i = 0; i < DISK; i++) {
            if (target.disk[i] != expected[i]) {
                assertThat(missing[i]).as("byte %s, seed %s", i, seed).isEqualTo((byte) 1);
            }
        }
        // Exactly: all of what is named can't be read.
        try (var view = view()) {
            for (var part : result.missing()) {
                var into = MemorySegment.ofArray(new byte[(int) part.length()]);
                assertThatThrownBy(() -> view.read(part.offset(), into)).isInstanceOf(StoreException.class);
            }
        }
        data.replace(name, good);
        var mended = new ArrayTarget(target.disk, true);
        assertThat(Restore.run(this::view, mended, again(), SMALL, (_, _) -> {}).missing())
                .isEmpty();
        assertThat(mended.flushed).as("seed %s", seed).isEqualTo(expected);
    }

    @Test
    void aNoteThatCannotBeBelievedIsRefused() throws IOException {
        var path = folder.resolve("image.restore");
        var note = note().onFreshImage();
        var headway = new Headway();
        headway.upTo(1 << 20);
        headway.add(2 << 20, 4096);
        headway.add(3 << 20, 512);
        headway.missing().add(new Missing(512, 1024, "why"));
        note.keep(headway);
        assertThat(again().goal()).isEqualTo(note.goal());
        assertThat(again().isFresh()).isTrue();
        var read = again().headway();
        assertThat(read.upTo()).isEqualTo(1 << 20);
        assertThat(read.contains(2 << 20, 4096)).isTrue();
        assertThat(read.contains((2 << 20) + 4096, 512)).isFalse();
        assertThat(read.missing()).hasSize(1);

        var good = Files.readAllBytes(path);
        for (int i = 0; i < good.length; i++) {
            var bad = good.clone();
            bad[i] ^= (byte) (1 << random.nextInt(8));
            Files.write(path, bad);
            assertThatThrownBy(this::again).isInstanceOf(StoreException.class).hasMessageContaining("--force");
        }
        for (int length = 0; length < good.length; length++) {
            Files.write(path, Arrays.copyOf(good, length));
            assertThatThrownBy(this::again).isInstanceOf(StoreException.class).hasMessageContaining("--force");
        }
        note.remove();
        assertThat(RestoreNote.find(place())).isEmpty();
        assertThat(note.goal().isSameAs(new RestoreNote.Goal(new UUID(3, 4), 1, 2, DISK, "latest", "")))
                .isFalse();
    }
}
