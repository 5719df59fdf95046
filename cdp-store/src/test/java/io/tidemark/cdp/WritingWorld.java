// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp;

import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.cdp.keep.RetentionRules;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * A disk with all that it ever was, and one who writes it into a history, which is kept meanwhile: with layers, thinned, folded and packed.
 * Its time runs a minute with each write.
 */
public final class WritingWorld {
    public static final int DISK = 64 << 10;
    public static final WriterOptions OPTIONS = WriterOptions.DEFAULT
            .withSegments(8 << 10, 1 << 10)
            .withCommitInterval(Duration.ZERO)
            .withOutbox(4 << 20)
            .withPatience(Duration.ofMillis(500));

    private static final Retention KEPT = new Retention(RetentionRules.parse("20m:write/6h:10m"), OptionalLong.empty());
    private static final long MINUTE = TimeUnit.MINUTES.toMicros(1);

    private final Random random;
    private final List<byte[]> states;
    private byte[] disk;
    private long time;
    private volatile long durable;
    private volatile long begin = -1;

    public WritingWorld(Random random) {
        this(random, Micros.of(Instant.now()) - 300 * MINUTE);
    }

    /** @param time the beginning, in microseconds since 1970 */
    public WritingWorld(Random random, long time) {
        this(random, List.of(new byte[DISK]), time);
    }

    private WritingWorld(Random random, List<byte[]> states, long time) {
        this.random = random;
        this.states = new ArrayList<>(states);
        this.time = time;
    }

    /** One that knows the same, while this one stands still. */
    public WritingWorld copy() {
        synchronized (states) {
            return new WritingWorld(new Random(random.nextLong()), states, time);
        }
    }

    /** Asked before each change, and while it takes long. */
    public interface Turn {
        /** @return whether to go on */
        boolean goesOn(int change);
    }

    /** Writes until it has written so much, or can't, or may not go on. */
    public void write(Supplier<HistoryWriter> opening, int changes, Turn turn) {
        int i = 1;
        try (var writer = opening.get()) {
            goOn(writer);
            if (writer.position() == 0 && !writer.gapOpen()) {
                writer.gapBegin(time, GapReason.START);
                writer.syncZero(0, 0, DISK);
                writer.gapEnd(++time);
            }
            for (; i <= changes && turn.goesOn(i); i++) {
                change((offset, content) -> writer.write(time, offset, content));
                writer.commit();
                while (!writer.awaitDurable(writer.position(), Duration.ofMillis(20))) {
                    if (!turn.goesOn(i)) {
                        return;
                    }
                }
                durable = writer.durable();
                if (i % 15 == 0) {
                    keep(writer);
                }
            }
        } catch (StoreException e) {
            if (turn.goesOn(i)) {
                throw e;
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void keep(HistoryWriter writer) {
        writer.keeper().ifPresent(keeper -> {
            keeper.retain(KEPT);
            keeper.round(0);
        });
    }

    /** From where the history ends: it may lack what was never told to be durable. */
    private void goOn(HistoryWriter writer) {
        synchronized (states) {
            states.subList((int) writer.position() + 1, states.size()).clear();
            disk = states.getLast().clone();
        }
        begin = begin < 0 ? writer.position() : begin;
    }

    /** Knows what one with the same random numbers writes first. */
    public void imagine(int changes) {
        disk = states.getLast().clone();
        for (int i = 0; i < changes; i++) {
            change((_, _) -> {});
        }
    }

    private interface Change {
        void is(long offset, MemorySegment content);
    }

    private void change(Change change) {
        int length = 512 * (1 + random.nextInt(8));
        int offset = 512 * random.nextInt((DISK - length) / 512);
        var content = new byte[length];
        random.nextBytes(content);
        System.arraycopy(content, 0, disk, offset, length);
        time += MINUTE;
        synchronized (states) {
            states.add(disk.clone());
        }
        change.is(offset, MemorySegment.ofArray(content));
    }

    /** What was told to be durable. */
    public long durable() {
        return durable;
    }

    /** The last write of the history when it was opened first. */
    public long begin() {
        return begin;
    }

    public long position() {
        return states.size() - 1;
    }

    public byte[] state(int number) {
        return states.get(number);
    }

    public long checksum(int number) {
        return Model.checksum(states.get(number));
    }

    public static long checksum(PastView view) {
        return Model.checksum(view, new byte[DISK]);
    }
}
