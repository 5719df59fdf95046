// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.IdentityFile;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.volume.DirectoryPlace;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreTest {
    private static final int DISK = 4 << 20;

    @TempDir
    Path directory;

    @Test
    void aSecondWriterIsRefusedAReaderIsNot() throws InterruptedException {
        var store = Store.openOrCreate(directory);
        var model = new Model(DISK, 64 << 10, new Random(3));
        try (var writer = store.write("vda", DISK)) {
            assertThatThrownBy(() -> store.write("vda", DISK))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo(Code.IN_USE))
                    .hasMessageContaining("store in use");
            for (int i = 0; i < 200; i++) {
                model.step(writer);
            }
            writer.commit();
            assertThat(writer.awaitDurable(200, Duration.ofSeconds(10))).isTrue();
            try (var reader = store.read("vda");
                    var view = reader.view(reader.resolve(new Point.WriteNumber(150)))) {
                assertThat(Model.checksum(view, new byte[DISK])).isEqualTo(model.states.get(150));
                assertThat(reader.summary().running()).isTrue();
            }
        }
        assertThat(store.isWritten("vda")).isFalse();
        try (var writer = store.write("vda", DISK)) {
            assertThat(writer.position()).isEqualTo(200);
            assertThat(writer.followsCleanEnd()).isTrue();
        }
        assertThat(store.disks()).containsExactly("vda");
        assertThat(Verify.run(Store.open(directory), (done, total) -> {}).isDamaged())
                .isFalse();
    }

    @Test
    void refusesWhatIsNotThereOrDoesNotFit() {
        assertThatThrownBy(() -> Store.open(directory)).isInstanceOf(StoreException.class);
        var store = Store.openOrCreate(directory);
        assertThatThrownBy(() -> store.read("vdb")).hasMessageContaining("holds no history of disk vdb");
        assertThatThrownBy(() -> store.write("../x", DISK)).hasMessageContaining("disk id");
        store.write("vda", DISK).close();
        assertThatThrownBy(() -> store.write("vda", DISK / 2))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(Code.WRONG_SIZE));
    }

    @Test
    void aHistoryGrowsWithItsDisk() {
        var store = Store.openOrCreate(directory);
        long base = 1_700_000_000_000_000L;
        try (var writer = store.write("vda", DISK)) {
            writer.gapBegin(base, GapReason.START);
            writer.gapEnd(base + 1);
            writer.write(base + 2, DISK - 512, content(512, 1));
        }
        try (var writer = store.write("vda", 2L * DISK)) {
            assertThat(writer.position()).isEqualTo(1);
            writer.gapBegin(base + 3, GapReason.DISABLED);
            writer.gapEnd(base + 4);
            writer.write(base + 5, 2L * DISK - 512, content(512, 2));
        }
        assertThat(Verify.run(store, (done, total) -> {}).isDamaged()).isFalse();
        try (var reader = store.read("vda");
                var before = reader.view(reader.resolve(new Point.WriteNumber(1)));
                var after = reader.view(reader.resolve(new Point.Latest()))) {
            assertThat(sector(before, DISK - 512).mismatch(content(512, 1))).isEqualTo(-1);
            assertThat(sector(before, 2L * DISK - 512).mismatch(content(512, 2)))
                    .isNotEqualTo(-1);
            assertThat(sector(after, DISK - 512).mismatch(content(512, 1))).isEqualTo(-1);
            assertThat(sector(after, 2L * DISK - 512).mismatch(content(512, 2))).isEqualTo(-1);
        }
    }

    private static MemorySegment sector(PastView view, long offset) {
        var read = Arena.ofAuto().allocate(512, 512);
        view.read(offset, read);
        return read;
    }

    @Test
    void pointsInGapsNameTheGap() {
        var store = Store.openOrCreate(directory);
        long base = 1_700_000_000_000_000L;
        var sector = content(512, 1);
        try (var writer = store.write("vda", DISK)) {
            writer.gapBegin(base, GapReason.START);
            writer.write(base + 10, 0, sector);
            writer.gapEnd(base + 20);
            writer.write(base + 30, 0, sector);
            writer.mark(base + 40, "before");
            writer.gapBegin(base + 50, GapReason.OVERLOAD);
            writer.write(base + 60, 0, sector);
            writer.write(base + 70, 0, sector);
            writer.gapEnd(base + 80);
        }
        try (var reader = store.read("vda")) {
            assertThat(reader.resolve(new Point.Latest()).number()).isEqualTo(4);
            assertThat(reader.resolve(new Point.WriteNumber(2)).number()).isEqualTo(2);
            assertThat(reader.resolve(new Point.Mark("before")).number()).isEqualTo(2);
            assertThat(reader.resolve(new Point.Time(base + 45)).number()).isEqualTo(2);
            assertThat(reader.resolve(new Point.Time(base + 20)).number()).isEqualTo(1);
            assertThatThrownBy(() -> reader.resolve(new Point.WriteNumber(3)))
                    .hasMessageContaining("overload")
                    .hasMessageContaining("write:2 and write:4");
            assertThatThrownBy(() -> reader.resolve(new Point.WriteNumber(0))).hasMessageContaining("start");
            assertThatThrownBy(() -> reader.resolve(new Point.Time(base + 65))).hasMessageContaining("overload");
            assertThatThrownBy(() -> reader.resolve(new Point.WriteNumber(9))).hasMessageContaining("ends at write 4");
            assertThatThrownBy(() -> reader.resolve(new Point.Time(base + 99))).hasMessageContaining("ends at");
            assertThatThrownBy(() -> reader.resolve(new Point.Mark("none"))).hasMessageContaining("no mark");
            assertThat(reader.summary().coverage()).hasSize(2);
        }
    }

    @Test
    void pointsAreUnderstoodOrRefused() {
        var now = Instant.parse("2026-01-01T00:00:10Z");
        assertThat(Point.parse("5s ago", now)).isEqualTo(Point.parse("2026-01-01T00:00:05Z", now));
        assertThat(Point.parse("1.5m ago", now)).isEqualTo(Point.parse("2025-12-31T23:58:40Z", now));
        assertThat(Point.parse("write:12", now)).isEqualTo(new Point.WriteNumber(12));
        assertThat(Point.parse("mark:a b", now)).isEqualTo(new Point.Mark("a b"));
        assertThat(Point.parse("250ms ago", now)).isEqualTo(Point.parse("2026-01-01T00:00:09.75Z", now));
        assertThat(Point.parse("2min ago", now)).isEqualTo(Point.parse("2m ago", now));
        assertThat(Point.parse("flush:5s ago", now)).isEqualTo(new Point.Flush(Point.parse("5s ago", now)));
        assertThat(Point.parse("flush:latest", now)).isEqualTo(new Point.Flush(new Point.Latest()));
        for (var bad : new String[] {
            "", "yesterday", "flush:", "flush:flush:latest", "write:-1", "mark:", "5x ago", "2026-13-01T00:00:00Z"
        }) {
            assertThatThrownBy(() -> Point.parse(bad, now)).hasMessageContaining("is not understood");
        }
    }

    @Test
    void textShrinksByMoreThanThreeFifthsAndNothingIsAllocatedPerChange() throws Exception {
        var store = Store.openOrCreate(directory);
        var text = new StringBuilder();
        try (var files = Files.walk(Path.of("src"))) {
            for (var file : files.filter(Files::isRegularFile).sorted().toList()) {
                text.append(Files.readString(file));
            }
        }
        var bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        int length = bytes.length / 4096 * 4096;
        try (var arena = Arena.ofConfined();
                var writer = store.write("vda", DISK)) {
            var content = arena.allocate(length);
            content.copyFrom(MemorySegment.ofArray(bytes).asSlice(0, length));
            for (int at = 0; at < length; at += 4096) {
                writer.write(at, at % DISK, content.asSlice(at, 4096));
            }
            writer.commit();
            assertThat(writer.awaitDurable(writer.position(), Duration.ofSeconds(10)))
                    .isTrue();
            var statistics = writer.statistics();
            System.out.printf("text of %d bytes takes %d%n", length, statistics.storedBytes());
            assertThat(statistics.storedBytes()).isLessThan(length * 4L / 10);

            var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            var slice = content.asSlice(0, 4096);
            for (int i = 0; i < 20_000; i++) {
                writer.write(i, 0, slice);
                writer.pause();
            }
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 20_000; i++) {
                writer.write(i, 0, slice);
                writer.pause();
            }
            long each = (threads.getCurrentThreadAllocatedBytes() - before) / 20_000;
            System.out.println("bytes allocated per change: " + each);
            assertThat(each).isLessThan(8);
        }
    }

    private static MemorySegment content(int length, int value) {
        return MemorySegment.ofArray(new byte[length]).fill((byte) value);
    }

    @Test
    void aLostIdentityIsDamage() throws IOException {
        var store = Store.openOrCreate(directory);
        try (var writer = store.write("vda", DISK)) {
            writer.gapBegin(0, GapReason.START);
            writer.syncZero(0, 0, DISK);
            writer.gapEnd(0);
        }
        assertThat(Verify.run(store, (done, total) -> {}).isDamaged()).isFalse();
        var segments = store.remains("vda").meta().list();
        Files.delete(directory.resolve("disks/vda/history"));
        assertThat(Verify.run(store, (done, total) -> {}).isDamaged()).isTrue();
        assertThatThrownBy(() -> store.read("vda"))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(Code.NOT_FOUND))
                .hasMessageContaining("disks/vda/history: is missing");
        assertThatThrownBy(() -> store.write("vda", DISK))
                .as("a new history would take the place of what is left")
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(Code.DAMAGED));
        assertThat(store.remains("vda").meta().list()).isEqualTo(segments);
        try (var copying = store.takeForCopy("vda")) {
            assertThat(Verify.run(store, (done, total) -> {}).isDamaged()).isFalse();
            copying.check();
        }
    }

    @Test
    void aLostIdentityIsWrittenAnewAsTheSegmentsHaveIt() throws IOException {
        var store = Store.openOrCreate(directory);
        var identity = directory.resolve("disks/vda/history");
        try (var writer = store.write("vda", DISK)) {
            writer.gapBegin(0, GapReason.START);
            writer.syncZero(0, 0, DISK);
            writer.gapEnd(0);
            writer.write(10, 0, content(4096, 7));
            assertThatThrownBy(() -> store.renewIdentity("vda"))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo(Code.IN_USE));
        }
        byte[] whole = Files.readAllBytes(identity);
        store.renewIdentity("vda");
        assertThat(identity).hasBinaryContent(whole);

        Files.delete(identity);
        Files.delete(directory.resolve("tidemark-store"));
        Store.remains(DirectoryPlace.at(directory)).renewIdentity("vda");
        checkIsThere(Store.open(directory));

        whole = Files.readAllBytes(identity);
        whole[IdentityFile.CAPACITY] ^= 1;
        Files.write(identity, whole);
        store.renewIdentity("vda");
        checkIsThere(store);
    }

    private static void checkIsThere(Store store) {
        assertThat(Verify.run(store, (done, total) -> {}).isDamaged()).isFalse();
        try (var reader = store.read("vda")) {
            assertThat(reader.resolve(new Point.Latest()).number()).isEqualTo(1);
        }
        store.write("vda", DISK).close();
    }

    /** What a later version has written is no damage. */
    @Test
    void anIdentityOfAnotherVersionStays() throws IOException {
        var store = Store.openOrCreate(directory);
        store.write("vda", DISK).close();
        var identity = directory.resolve("disks/vda/history");
        byte[] later = Files.readAllBytes(identity);
        var bytes = MemorySegment.ofArray(later);
        bytes.set(Le.U32, IdentityFile.VERSION, IdentityFile.CURRENT + 1);
        bytes.set(Le.U32, IdentityFile.CHECKSUM, Le.crc32c(bytes, 0, IdentityFile.CHECKSUM));
        Files.write(identity, later);

        store.renewIdentity("vda");
        assertThat(identity).hasBinaryContent(later);
    }

    /** Behind a pause a write number may mean what was read then: only its time names the state before. */
    @Test
    void wherePausesHaveOneNumberTheirTimesAreNamed() {
        var store = Store.openOrCreate(directory);
        try (var writer = store.write("vda", DISK);
                var arena = Arena.ofConfined()) {
            writer.gapBegin(0, GapReason.START);
            writer.syncZero(0, 0, DISK);
            writer.gapEnd(0);
            writer.zero(10, 0, 4096);
            for (int i = 1; i <= 2; i++) {
                writer.gapBegin(100 * i, GapReason.PAUSED, false);
                writer.syncData(1, 0, arena.allocate(4096).fill((byte) i));
                writer.gapEnd(100 * i + 50);
            }
        }
        try (var reader = store.read("vda")) {
            assertThatThrownBy(() -> reader.resolve(new Point.Time(110)))
                    .hasMessageEndingWith("the nearest restorable points are 1970-01-01T00:00:00.000100Z and"
                            + " 1970-01-01T00:00:00.000150Z");
            assertThatThrownBy(() -> reader.resolve(new Point.Time(210)))
                    .hasMessageEndingWith("the nearest restorable points are 1970-01-01T00:00:00.000200Z and write:1");
            assertThat(reader.nameOf(reader.resolve(new Point.Time(100)))).isEqualTo("write:1");
            assertThat(reader.nameOf(reader.resolve(new Point.Time(200)))).isEqualTo("1970-01-01T00:00:00.000150Z");
            assertThat(reader.nameOf(reader.resolve(new Point.WriteNumber(1))))
                    .isEqualTo("1970-01-01T00:00:00.000250Z");
            assertThat(first(reader, new Point.Time(100))).isZero();
            assertThat(first(reader, new Point.Time(150))).isEqualTo((byte) 1);
            assertThat(first(reader, new Point.Time(200))).isEqualTo((byte) 1);
            assertThat(first(reader, new Point.WriteNumber(1))).isEqualTo((byte) 2);
        }
    }

    private static byte first(HistoryReader reader, Point point) {
        try (var view = reader.view(reader.resolve(point));
                var arena = Arena.ofConfined()) {
            var sector = arena.allocate(512);
            view.read(0, sector);
            return sector.get(ValueLayout.JAVA_BYTE, 0);
        }
    }
}
