// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.volume.MemoryPlace;
import io.tidemark.cdp.volume.MemoryVolume;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A history is copied as it was, whatever the two stores are. */
class ExportTest {
    private static final int DISK = 1 << 20;

    private final Random random = new Random(7);
    private final Model model = new Model(DISK, 64 << 10, random);

    @TempDir
    Path directory;

    private Store source() {
        var source = Store.openOrCreate(directory.resolve("source"));
        write(source, 300);
        return source;
    }

    private void write(Store source, int steps) {
        try (var writer = source.write("vda", DISK, Histories.SMALL)) {
            for (int i = 0; i < steps; i++) {
                model.step(writer);
            }
        }
    }

    @Test
    void theCopyIsRestoredLikeTheOriginal() {
        var source = source();
        var copy = Store.openOrCreate(new MemoryPlace());
        var report = Export.run(source, "vda", copy, (_, _) -> {});
        assertThat(report.kept()).isZero();
        assertThat(report.bytes()).isPositive();
        assertHoldsAll(copy);
        assertThatThrownBy(() -> Export.run(source, "vda", copy, (_, _) -> {}))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(Code.IN_USE));
        // It goes on where the original was.
        try (var writer = copy.write("vda", DISK, Histories.SMALL)) {
            assertThat(writer.position()).isEqualTo(300);
            model.step(writer);
        }
        assertHoldsAll(copy);
    }

    @Test
    void aRunningWriterIsNotDisturbed() throws InterruptedException {
        var source = source();
        var copy = Store.openOrCreate(directory.resolve("copy"));
        try (var writer = source.write("vda", DISK, Histories.SMALL)) {
            model.step(writer);
            writer.commit();
            assertThat(writer.awaitDurable(301, Duration.ofSeconds(10))).isTrue();
            Export.run(source, "vda", copy, (_, _) -> {});
            assertThat(copy.isWritten("vda")).isFalse();
            assertHoldsAll(copy);
        }
    }

    @Test
    void anInterruptedCopyIsNoHistoryAndIsFinishedLater() {
        var source = source();
        var place = new MemoryPlace();
        var copy = Store.openOrCreate(place);
        assertThatThrownBy(() -> Export.run(source, "vda", copy, (done, total) -> {
                    if (done > total / 2) {
                        throw new IllegalStateException("killed");
                    }
                }))
                .hasMessage("killed");
        assertThat(copy.disks()).isEmpty();
        assertThatThrownBy(() -> copy.read("vda")).hasMessageContaining("holds no history");
        // Meanwhile the original goes on, and something of the copy is torn.
        write(source, 50);
        var data = (MemoryVolume) place.in("disks").in("vda").bulk("data");
        var torn = data.content("00000001");
        torn[torn.length / 2] ^= 1;
        data.replace("00000001", torn);
        var report = Export.run(source, "vda", copy, (_, _) -> {});
        assertThat(report.kept()).isPositive();
        assertHoldsAll(copy);
    }

    @Test
    void aCopyOfDamageIsRefused() {
        var source = Store.openOrCreate(new MemoryPlace());
        write(source, 300);
        var data = (MemoryVolume) source.history("vda").data();
        var bad = data.content("00000001");
        bad[bad.length / 2] ^= 1;
        data.replace("00000001", bad);
        var copy = Store.openOrCreate(new MemoryPlace());
        assertThatThrownBy(() -> Export.run(source, "vda", copy, (_, _) -> {}))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(Code.DAMAGED));
        assertThat(copy.disks()).isEmpty();
    }

    private void assertHoldsAll(Store copy) {
        assertThat(Verify.run(copy, (_, _) -> {}).isDamaged()).isFalse();
        var scratch = new byte[DISK];
        try (var reader = copy.read("vda")) {
            assertThat(reader.position()).isEqualTo(model.states.size() - 1);
            for (int number : new int[] {0, 1, 100, 255, model.states.size() - 1}) {
                try (var view = reader.view(reader.resolve(new Point.WriteNumber(number)))) {
                    assertThat(Model.checksum(view, scratch)).isEqualTo(model.states.get(number));
                }
            }
        }
    }
}
