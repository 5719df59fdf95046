// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What every volume must do. */
public abstract class StoreVolumeTest {
    /** The same empty volume each time it is asked for. */
    protected abstract StoreVolume volume();

    /** What is read of what was appended. */
    protected byte[] kept(byte[] appended) {
        return appended;
    }

    @Test
    protected void keepsWhatIsAppended() throws IOException {
        var volume = volume();
        try (var segment = volume.create("00000001")) {
            segment.append(bytes(1, 2, 3));
            segment.append(bytes(4));
            segment.sync();
            assertThat(segment.size()).isEqualTo(4);
        }
        try (var segment = volume.open("00000001")) {
            var two = MemorySegment.ofArray(new byte[2]);
            segment.read(2, two);
            assertThat(two.mismatch(kept(3, 4))).isEqualTo(-1);
            assertThatThrownBy(() -> segment.read(3, two)).isInstanceOf(EOFException.class);
        }
    }

    @Test
    protected void givesPagesAsFarAsTheyGo() throws IOException {
        var content = new byte[3 * 4096 + 100];
        new Random(1).nextBytes(content);
        var volume = volume();
        try (var segment = volume.create("00000001")) {
            segment.append(MemorySegment.ofArray(content));
            segment.sync();
        }
        try (var segment = volume.open("00000001");
                var arena = Arena.ofConfined()) {
            for (int at = 0; at <= 4 * 4096; at += 4096) {
                for (int size = 4096; size <= 5 * 4096; size += 4096) {
                    var into = arena.allocate(size, 4096);
                    int count = segment.readPages(at, into);
                    assertThat(count).isEqualTo(Math.clamp(content.length - at, 0, size));
                    assertThat(into.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE))
                            .isEqualTo(Arrays.copyOfRange(
                                    kept(content), Math.min(at, content.length), Math.min(at, content.length) + count));
                }
            }
        }
    }

    @Test
    protected void cutsAndGoesOn() throws IOException {
        var volume = volume();
        try (var segment = volume.create("00000001")) {
            segment.append(bytes(1, 2, 3));
        }
        try (var segment = volume.reopen("00000001")) {
            segment.truncate(1);
            segment.append(bytes(9));
        }
        try (var segment = volume.open("00000001")) {
            var all = MemorySegment.ofArray(new byte[2]);
            segment.read(0, all);
            assertThat(all.mismatch(kept(1, 9))).isEqualTo(-1);
        }
    }

    @Test
    protected void listsCreatesAndDeletes() throws IOException {
        var volume = volume();
        volume.create("00000002").close();
        volume.create("00000001").close();
        assertThat(volume.list()).containsExactly("00000001", "00000002");
        assertThatThrownBy(() -> volume.create("00000001")).isInstanceOf(FileAlreadyExistsException.class);
        volume.delete("00000001");
        assertThat(volume.list()).containsExactly("00000002");
        assertThatThrownBy(() -> volume.open("00000001")).isInstanceOf(NoSuchFileException.class);
    }

    /** Lengths round pages and larger pieces, synced or not: what was appended is what is there. */
    @Test
    protected void appendsOfManyLengthsAndReopeningsKeepEveryByte() throws IOException {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var volume = volume();
        var expected = new ByteArrayOutputStream();
        volume.create("00000001").close();
        for (int opening = 0; opening < 6; opening++) {
            try (var segment = volume.reopen("00000001")) {
                assertThat(segment.size()).as("seed %d", seed).isEqualTo(expected.size());
                if (random.nextBoolean()) {
                    var kept = Arrays.copyOf(expected.toByteArray(), random.nextInt(expected.size() + 1));
                    segment.truncate(kept.length);
                    expected.reset();
                    expected.writeBytes(kept);
                }
                for (int i = 0; i < 20; i++) {
                    var bytes = new byte[random.nextInt(4) == 0 ? random.nextInt(1 << 20) : random.nextInt(9000)];
                    random.nextBytes(bytes);
                    segment.append(MemorySegment.ofArray(bytes));
                    expected.writeBytes(bytes);
                    if (random.nextInt(3) == 0) {
                        segment.sync();
                        assertHolds(volume, expected.toByteArray(), seed);
                    }
                }
            }
            try (var segment = volume.open("00000001")) {
                assertThat(segment.size()).as("seed %d", seed).isEqualTo(expected.size());
            }
            assertHolds(volume, expected.toByteArray(), seed);
        }
    }

    private void assertHolds(StoreVolume volume, byte[] expected, long seed) throws IOException {
        try (var segment = volume.open("00000001")) {
            var found = MemorySegment.ofArray(new byte[expected.length]);
            segment.read(0, found);
            assertThat(found.mismatch(MemorySegment.ofArray(kept(expected))))
                    .as("seed %d", seed)
                    .isEqualTo(-1);
        }
    }

    private MemorySegment kept(int... values) {
        return MemorySegment.ofArray(kept((byte[]) bytes(values).heapBase().orElseThrow()));
    }

    private static MemorySegment bytes(int... values) {
        var bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return MemorySegment.ofArray(bytes);
    }
}
