// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.catalogue.LayerEntry.Kind;
import io.tidemark.cdp.volume.MemoryVolume;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Layers, stacks and merges of random extents against an array of what each sector shows. */
class LayerProperty {
    private static final int SECTORS = 1 << 14;
    private static final long CAPACITY = SECTORS * 512L;

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final History history = Histories.inMemory(CAPACITY);
    private final PageCache cache = new PageCache(4 * LayerFormat.PAGE);

    /** What a sector shows: the number and the place of its content. */
    private record Shown(long number, int segment, long block, int inBlock) {}

    private long numbers;

    /** Adds random extents to a layer and to a model. */
    private void fill(Shown[] model, ExtentSink to, int longest) throws IOException {
        for (int at = random.nextInt(longest);
                at < SECTORS;
                at += random.nextInt(3) == 0 ? random.nextInt(longest) : 0) {
            int length = Math.min(SECTORS - at, 1 + random.nextInt(Math.min(longest, 400)));
            boolean zero = random.nextInt(4) == 0;
            long number = ++numbers;
            int segment = zero ? 0 : 1 + random.nextInt(5);
            long block = zero ? 0 : 64 + random.nextInt(1 << 30);
            int inBlock = zero ? 0 : random.nextInt(512 - length) * 512;
            to.add(at * 512L, length * 512L, number, segment, block, inBlock, !zero, (int) number);
            for (int i = 0; i < length; i++) {
                model[at + i] = new Shown(number, segment, block, zero ? 0 : inBlock + i * 512);
            }
            at += length;
        }
    }

    private Shown[] show(LayerCursor cursor, boolean found, int from, int to) {
        var shown = new Shown[SECTORS];
        long last = from * 512L;
        for (boolean more = found; more && cursor.offset() < to * 512L; more = cursor.next()) {
            assertThat(cursor.end()).isGreaterThan(cursor.offset());
            assertThat(cursor.isWhole() ? cursor.checksum() : 0).isIn(0, (int) cursor.number());
            assertThat(cursor.end()).isGreaterThan(last);
            for (long at = Math.max(from * 512L, cursor.offset()); at < Math.min(cursor.end(), to * 512L); at += 512) {
                int in = cursor.isZero() ? 0 : cursor.inBlock() + (int) (at - cursor.offset());
                shown[(int) (at / 512)] =
                        new Shown(cursor.number(), cursor.segment(), cursor.isZero() ? 0 : cursor.block(), in);
            }
            last = cursor.end();
        }
        return shown;
    }

    private static Shown[] part(Shown[] model, int from, int to) {
        var part = new Shown[SECTORS];
        System.arraycopy(model, from, part, from, to - from);
        return part;
    }

    @Test
    void aStackShowsTheNewestAndAMergeIsTheSameInOneLayer() throws Exception {
        for (int round = 0; round < 12; round++) {
            var layers = new ArrayList<Layer>();
            var model = new Shown[SECTORS];
            int count = 1 + random.nextInt(7);
            for (int i = 0; i < count; i++) {
                int longest = 2 + random.nextInt(random.nextBoolean() ? 20 : 2000);
                if (random.nextInt(3) == 0) {
                    var layer = new MemoryLayer();
                    fill(model, layer, longest);
                    layers.addFirst(layer);
                } else {
                    layers.addFirst(file(round * 100 + i + 1, sink -> fill(model, sink, longest)));
                }
            }
            check(new LayerStack(layers), layers, model);
            var merged = file(round * 100 + 50, sink -> LayerMerge.run(layers, sink));
            check(merged.cursor(), List.of(merged), model);
            assertThat(merged.entry().needed().stream()
                            .mapToLong(need -> need.bytes())
                            .sum())
                    .isEqualTo(Arrays.stream(model)
                                    .filter(s -> s != null && s.segment() > 0)
                                    .count()
                            * 512L);
        }
    }

    private interface Filling {
        void into(ExtentSink sink) throws IOException;
    }

    private LayerReader file(int file, Filling filling) throws IOException {
        try (var writer = LayerWriter.create(history, file, Kind.SPAN)) {
            filling.into(writer);
            var entry = writer.finish(3, 9, 5, 7);
            var reader = LayerReader.open(history, file, cache);
            assertThat(reader.entry()).isEqualTo(entry);
            return reader;
        }
    }

    private void check(LayerCursor cursor, List<Layer> layers, Shown[] model) {
        assertThat(show(cursor, cursor.seek(0), 0, SECTORS)).as("seed %s", seed).isEqualTo(model);
        for (int i = 0; i < 40; i++) {
            int from = random.nextInt(SECTORS);
            int to = from + 1 + random.nextInt(Math.min(SECTORS - from, 300));
            assertThat(show(cursor, cursor.seek(from * 512L), from, to))
                    .as("seed %s", seed)
                    .isEqualTo(part(model, from, to));
            var stack = new LayerStack(layers);
            assertThat(show(stack, stack.seek(from * 512L, to * 512L), from, to))
                    .as("seed %s", seed)
                    .isEqualTo(part(model, from, to));
        }
    }

    @Test
    void whatWasReadInAGapGivesWayToLaterWritesBelow() throws Exception {
        for (int round = 0; round < 30; round++) {
            var below = new Shown[SECTORS];
            var older = new MemoryLayer();
            numbers = random.nextInt(50);
            fill(below, older, 40);
            long before = numbers;
            numbers = random.nextInt((int) before);
            var above = new Shown[SECTORS];
            var newer = new MemoryLayer();
            fill(above, new Undercut(new LayerStack(List.of(older)), before, newer), 40);
            for (int i = 0; i < SECTORS; i++) {
                if (above[i] != null && (below[i] == null || below[i].number() <= above[i].number())) {
                    below[i] = above[i];
                }
            }
            var stack = new LayerStack(List.of(newer, older));
            assertThat(show(stack, stack.seek(0), 0, SECTORS))
                    .as("seed %s", seed)
                    .isEqualTo(below);
        }
    }

    @Test
    void aWrongByteAnywhereIsFound() throws Exception {
        var model = new Shown[SECTORS];
        file(1, sink -> fill(model, sink, 12)).close();
        var volume = (MemoryVolume) history.layers();
        var good = volume.content("00000001");
        for (int round = 0; round < 400; round++) {
            var bad = good.clone();
            int at = round < 40 ? bad.length - 1 - round * 3 : random.nextInt(bad.length);
            bad[at] ^= (byte) (1 << random.nextInt(8));
            volume.replace("00000001", random.nextInt(20) == 0 ? Arrays.copyOf(bad, at) : bad);
            assertThatThrownBy(() -> {
                        try (var reader = LayerReader.open(history, 1, new PageCache(1 << 20))) {
                            var cursor = reader.cursor();
                            show(cursor, cursor.seek(0), 0, SECTORS);
                        }
                    })
                    .as("byte %s of %s, seed %s", at, bad.length, seed)
                    .isInstanceOf(LayerException.class);
        }
        volume.delete("00000001");
        assertThatThrownBy(() -> LayerReader.open(history, 1, cache)).isInstanceOf(LayerException.class);
    }

    @Test
    void anEmptyLayerHoldsNothing() throws Exception {
        try (var layer = file(1, _ -> {})) {
            assertThat(layer.mayHold(0, CAPACITY)).isFalse();
            assertThat(layer.cursor().seek(0)).isFalse();
            assertThat(layer.cursor().next()).isFalse();
        }
    }
}
