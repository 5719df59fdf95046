// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageIo;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.StepLoop;
import io.tidemark.disk.posix.Descriptors;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of clusters of each sort that are written to, and what damage does. */
@Timeout(60)
class Qcow2WriteTest {
    private static final int CLUSTER = Qcow2File.CLUSTER;

    @TempDir
    private Path folder;

    private Path path() {
        return folder.resolve("a.qcow2");
    }

    private static void write(ImageIo io, long offset, int length, int value) {
        try (Arena arena = Arena.ofConfined()) {
            io.write(offset, arena.allocate(length, 512).fill((byte) value));
        }
    }

    private static byte[] read(Qcow2Image image) {
        try (Arena arena = Arena.ofConfined();
                ImageIo io = new ImageIo(image)) {
            MemorySegment memory = arena.allocate(image.geometry().capacity(), 4096);
            io.read(0, memory);
            return memory.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private CheckReport check() {
        try (Qcow2Image image = Qcow2Image.open(ImageName.parse("qcow2:" + path()), true)) {
            return image.check();
        }
    }

    @Test
    void eachSortOfClusterIsReplacedAsItMust() throws IOException {
        byte[] expected = Qcow2File.disk();
        // The refcounts of what the hand-written image has.
        ImageName name = new Qcow2File().length(7 * CLUSTER).write(path());
        try (Qcow2Image image = Qcow2Image.open(name, false);
                ImageIo io = new ImageIo(image)) {
            for (int cluster = 0; cluster < 4; cluster++) {
                write(io, (long) cluster * CLUSTER, CLUSTER, 0x10 + cluster);
                Arrays.fill(expected, cluster * CLUSTER, (cluster + 1) * CLUSTER, (byte) (0x10 + cluster));
            }
            assertThat(read(image)).isEqualTo(expected);
            io.zero(CLUSTER, 2 * CLUSTER);
            Arrays.fill(expected, CLUSTER, 3 * CLUSTER, (byte) 0);
            assertThat(read(image)).isEqualTo(expected);
            assertThat(image.extentAt(CLUSTER).isData()).isFalse();
        }
        CheckReport report = check();
        assertThat(report.corruptions()).as("%s", report).isZero();
        assertThat(report.leaks()).as("%s", report).isZero();
        assertThat(report.clusters()).isEqualTo(2);
    }

    @Test
    void aCompressedClusterIsCopiedAroundWhatIsWritten() throws IOException {
        NewImage like = NewImage.of(4 * 4096).withClusterSize(4096).withBacking("below", "raw");
        byte[] below = new byte[3 * 4096 + 700];
        Arrays.fill(below, (byte) 7);
        Files.write(folder.resolve("below"), below);
        byte[] expected = Arrays.copyOf(below, 4 * 4096);
        ImageName name = ImageName.parse("qcow2:" + path());
        try (Qcow2Image image = Qcow2Image.create(name, like, false);
                ImageIo io = new ImageIo(image)) {
            write(io, 4096 + 512, 512, 9);
            Arrays.fill(expected, 4096 + 512, 4096 + 1024, (byte) 9);
            write(io, 3 * 4096, 512, 8);
            Arrays.fill(expected, 3 * 4096, 3 * 4096 + 512, (byte) 8);
            io.zero(0, 1024);
            Arrays.fill(expected, 0, 1024, (byte) 0);
            assertThat(read(image)).isEqualTo(expected);
        }
        assertThat(check().leaks()).isZero();
    }

    @Test
    void aLosersClusterIsNeverEntered() {
        ImageName name = ImageName.parse("qcow2:" + path());
        try (Qcow2Image image = Qcow2Image.create(name, NewImage.of(1 << 20), false)) {
            Tables tables = image.tables();
            long loser = tables.space().reserve().takeOne();
            long winner = tables.space().reserve().takeOne();
            assertThat(enter(image, winner)).isZero();
            assertThat(enter(image, loser)).isEqualTo(Change.AGAIN);
            StepLoop loop = new StepLoop(1);
            assertThat(told(image, loop, reply -> new Change.Clear(tables, 0, 1, loop, reply)))
                    .isZero();
            // By somebody who had joined it: the first one's data is in it, and has been acknowledged elsewhere.
            assertThat(enter(image, loser)).isEqualTo(Change.AGAIN);
        }
        assertThat(check().leaks()).isZero();
    }

    private static int enter(Qcow2Image image, long place) {
        StepLoop loop = new StepLoop(1);
        return told(image, loop, reply -> new Change.Enter(image.tables(), 0, place, 1, loop, reply));
    }

    private static int told(Qcow2Image image, StepLoop loop, Function<Change.Reply, Change> change) {
        int[] told = {-1};
        image.metadata().call(metadata -> {
            metadata.change(change.apply(status -> told[0] = status));
            return metadata.rest();
        });
        loop.runAll();
        return told[0];
    }

    @Test
    void nothingIsHandedOutThatATableLiesIn() throws IOException {
        ImageName name = ImageName.parse("qcow2:" + path());
        NewImage like = NewImage.of(1 << 20).withClusterSize(4096);
        Qcow2Image.create(name, like, false).close();
        // The L1 table's refcount is 0.
        try (RandomAccessFile file = new RandomAccessFile(path().toFile(), "rw")) {
            file.seek(2 * 4096 + 3 * 2);
            file.writeShort(0);
        }
        try (Qcow2Image image = Qcow2Image.open(name, false);
                ImageIo io = new ImageIo(image)) {
            assertThatThrownBy(() -> write(io, 0, 512, 1)).isInstanceOf(ImageException.class);
            assertThat(read(image)).containsOnly(0);
        }
    }

    @Test
    void noTableIsWrittenToByTheEntryOfAnother() throws IOException {
        for (int place : new int[] {0x200, Qcow2File.L1, Qcow2File.L2, 2 * CLUSTER}) {
            ImageName name =
                    new Qcow2File().u64(Qcow2File.L2, place | L2Entry.COPIED).write(path());
            byte[] before = Files.readAllBytes(path());
            try (Qcow2Image image = Qcow2Image.open(name, false);
                    ImageIo io = new ImageIo(image)) {
                assertThatThrownBy(() -> write(io, 0, 512, 1)).isInstanceOf(ImageException.class);
            }
            assertThat(Arrays.copyOf(Files.readAllBytes(path()), before.length)).isEqualTo(before);
        }
    }

    @Test
    void largerSizesAreTakenAndOthersRefused() {
        ImageName name = ImageName.parse("qcow2:" + path());
        try (Qcow2Image image = Qcow2Image.create(name, NewImage.of(1 << 20).withClusterSize(512), false);
                ImageIo io = new ImageIo(image)) {
            write(io, 0, 1 << 20, 3);
            image.resize(64 << 20);
            assertThat(image.geometry().capacity()).isEqualTo(64 << 20);
            write(io, (64 << 20) - 512, 512, 4);
            byte[] disk = read(image);
            assertThat(disk[(1 << 20) - 1]).isEqualTo((byte) 3);
            assertThat(disk[1 << 20]).isZero();
            assertThat(disk[(64 << 20) - 1]).isEqualTo((byte) 4);
            assertThatThrownBy(() -> image.resize(1 << 20)).hasMessageContaining("is less than");
            assertThatThrownBy(() -> image.resize((64 << 20) + 1)).hasMessageContaining("512");
            assertThatThrownBy(() -> image.resize(1L << 50)).hasMessageContaining("choose a smaller size");
        }
        CheckReport report = check();
        assertThat(report.corruptions()).as("%s", report).isZero();
        assertThat(report.leaks()).as("%s", report).isZero();
    }

    @Test
    void aCleanEndChangesNothingMore() {
        ImageName name = ImageName.parse("qcow2:" + path());
        String version;
        try (Qcow2Image image = Qcow2Image.create(name, NewImage.of(1 << 20), false);
                ImageIo io = new ImageIo(image)) {
            write(io, 0, 1 << 20, 3);
            io.zero(0, 1 << 19);
            version = image.version();
        }
        try (Qcow2Image image = Qcow2Image.open(name, false)) {
            assertThat(image.versionFound()).isEqualTo(version);
        }
        assertThat(check().leaks()).isZero();
    }

    @Test
    void anotherProcessGoesOn() {
        ImageName name = ImageName.parse("qcow2:" + path());
        try (Qcow2Image image = Qcow2Image.create(name, NewImage.of(1 << 20), false);
                ImageIo io = new ImageIo(image)) {
            write(io, 0, 4096, 3);
            image.handOver();
            assertThatThrownBy(() -> write(io, 0, 4096, 4)).isInstanceOf(ImageException.class);
            image.goOn();
            write(io, 1 << 19, 4096, 4);
            assertThat(read(image)[1 << 19]).isEqualTo((byte) 4);
        }
        assertThat(check().leaks()).isZero();
    }

    /** The former process makes the file longer while the next one has it already. */
    @Test
    void whoGoesOnHasTheFileAsItIsByThen() {
        ImageName name = ImageName.parse("qcow2:" + path());
        try (Qcow2Image image = Qcow2Image.create(name, NewImage.of(64 << 20), false);
                ImageIo io = new ImageIo(image);
                Qcow2Image next = Qcow2Image.adopt(name, false, duplicates(image.descriptors()))) {
            write(io, 0, 8 << 20, 5);
            image.handOver();
            next.goOn();
            assertThat(read(next)[(8 << 20) - 1]).isEqualTo((byte) 5);
            try (ImageIo after = new ImageIo(next)) {
                write(after, 32 << 20, 8 << 20, 6);
            }
            byte[] all = read(next);
            assertThat(all[0]).isEqualTo((byte) 5);
            assertThat(all[(8 << 20) - 1]).isEqualTo((byte) 5);
            assertThat(all[(40 << 20) - 1]).isEqualTo((byte) 6);
            next.handOver();
        }
        assertThat(check().leaks()).isZero();
    }

    private static int[] duplicates(int[] descriptors) {
        return Arrays.stream(descriptors).map(Descriptors::duplicate).toArray();
    }
}
