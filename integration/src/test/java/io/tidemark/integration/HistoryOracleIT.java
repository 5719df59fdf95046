// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.control.MarkLock;
import io.tidemark.agent.history.RetentionOrder;
import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.StoredBytes;
import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.keep.RetentionRule;
import io.tidemark.cdp.keep.RetentionRules;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.HistorySummary.Interval;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.integration.backend.PastAgent;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.StoredDisk;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.DiskCopy;
import io.tidemark.integration.oracle.OracleLoad;
import io.tidemark.integration.oracle.PointOracle;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.LabException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * An agent whose keeper thins, folds and packs while a disk is written: random points of its history, of all that is kept, are read,
 * restored and attached meanwhile, and each must be what the disk was. {@code -Dtidemark.operations=1000000 -Dtidemark.points=2000} is
 * the long run.
 */
class HistoryOracleIT extends LabTest {
    private static final long OPERATIONS = Long.getLong("tidemark.operations", 40_000);
    private static final int POINTS = Integer.getInteger("tidemark.points", 160);
    private static final int POINTS_PER_BATCH = 20;

    /** One point in so many is restored by a command, and one attached by another. */
    private static final int COMMAND_EVERY = 50;

    private static final int QUEUES = 2;
    private static final int DEPTH = 8;
    private static final long MOST_LAG = 10_000;
    private static final long STEP = 2000;
    private static final long LOG_SEGMENT = OPERATIONS < 500_000 ? 128 << 10 : 512 << 10;
    private static final RetentionRules RULES = RetentionRules.parse("4s:write/20s:1s/2m:5s/20m:20s");
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Set<String> locked = new HashSet<>();

    /** All that there ever were, by their end in the log: a history forgets those before its single writes. */
    private final TreeMap<Long, Gap> gaps = new TreeMap<>();

    private final TreeMap<String, Integer> checked = new TreeMap<>();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment content = arena.allocate(OracleLoad.bytes(QUEUES, DEPTH), 4096);

    private TidemarkAgent agent;
    private ControlClient client;
    private OracleLoad load;
    private PointOracle oracle;
    /** Changes that had no number, by the agent's account. */
    private long lost;

    private int files;
    private int marks;

    @Test
    @Timeout(value = 3, unit = TimeUnit.HOURS)
    void everyPointThatIsKeptShowsWhatWas() throws IOException {
        System.out.println("seed " + seed + ", " + OPERATIONS + " operations, " + POINTS + " points");
        Path image = newImage(OracleLoad.bytes(QUEUES, DEPTH));
        try (var started = TidemarkAgent.startWithLogSegments(
                        log(), LOG_SEGMENT, ServedDisk.captured(image, socket(), QUEUES, store()));
                BlkioDisk disk = BlkioDisk.open(started.socket(), QUEUES);
                OracleLoad running = new OracleLoad(disk, DEPTH, OPERATIONS, seed)) {
            agent = started;
            load = running;
            oracle = new PointOracle(load);
            agent.awaitCaughtUp();
            client = new ControlClient(agent.control());
            awaitGaps();
            client.retain("vda", new RetentionOrder(RULES.toString(), null, null));
            load.start();
            int batches = Math.max(2, POINTS / POINTS_PER_BATCH);
            for (int batch = 1; batch <= batches; batch++) {
                go(OPERATIONS * batch / batches);
                if (random.nextInt(3) == 0) {
                    mark();
                }
                if (batch % Math.min(12, batches / 2) == 1) {
                    pause();
                }
                load.allow(OPERATIONS * (batch + 1) / batches);
                check();
            }
            Await.until("the end of the load", PATIENCE, load::isDone);
            agent.awaitCaughtUp();
            awaitThinned();
            end(image);
            assertThat(agent.terminate()).isZero();
        } finally {
            arena.close();
        }
        assertThat(TidemarkCli.verify(store()).code()).as("seed %s", seed).isZero();
    }

    /** Lets the load go on to so many changes, no further ahead than the history can follow, on a machine that does as it should. */
    private void go(long changes) {
        Await.until(changes + " changes", PATIENCE, () -> {
            ProtectionStatus now = agent.status().protection();
            if (now.lost() > lost) {
                awaitGaps();
            } else if (now.lagWrites() < MOST_LAG) {
                load.allow(Math.min(changes, load.sent() + STEP));
            }
            return load.sent() >= changes || load.isDone();
        });
    }

    private void mark() {
        String name = setMark();
        if (random.nextInt(3) == 0) {
            client.lock("vda", new MarkLock(name, true));
            locked.add(name);
        }
    }

    /** Marks the disk as soon as it is in no gap. @return the mark's name */
    private String setMark() {
        String name = "m" + marks++;
        Await.until("mark " + name, PATIENCE, () -> {
            try {
                client.mark("vda", name);
                return true;
            } catch (AgentException e) {
                return false;
            }
        });
        return name;
    }

    /** A gap that changes fall into. */
    private void pause() {
        client.protect("vda", new ProtectionWish(ProtectionWish.State.PAUSED, Optional.empty()));
        long changes = load.sent() + 500;
        load.allow(changes);
        Await.until("changes in a pause", PATIENCE, () -> load.sent() >= changes || load.isDone());
        client.protect("vda", new ProtectionWish(ProtectionWish.State.ON, Optional.empty()));
        awaitGaps();
    }

    /** Learns of all gaps up to now, once they have ended durably: a mark behind them shows that. */
    private void awaitGaps() {
        lost = agent.status().protection().lost();
        awaitDurable(setMark());
    }

    private void awaitDurable(String mark) {
        Await.until("mark " + mark + " in the store", PATIENCE, () -> {
            try (StoredDisk stored = StoredDisk.open(store(), "vda")) {
                learnGaps(stored.reader());
                return stored.reader().marks().stream()
                        .anyMatch(each -> each.name().equals(mark));
            }
        });
    }

    private void learnGaps(HistoryReader reader) {
        reader.gaps().stream().filter(gap -> !gap.isOpen()).forEach(gap -> gaps.put(gap.lastRecord(), gap));
    }

    private void check() throws IOException {
        boolean together = random.nextBoolean();
        for (int done = 0; done < POINTS_PER_BATCH; ) {
            try (StoredDisk stored = StoredDisk.open(store(), "vda")) {
                for (int i = 0; i < (together ? POINTS_PER_BATCH : 1) && done < POINTS_PER_BATCH; i++) {
                    done += checkOne(stored.reader(), !together) ? 1 : 0;
                }
            }
        }
    }

    /**
     * @param alone whether the reader is for this point only: what others need may go while it is read
     * @return whether there was a point to check
     */
    private boolean checkOne(HistoryReader reader, boolean alone) throws IOException {
        learnGaps(reader);
        Wanted wanted = choose(reader);
        if (wanted == null) {
            return false;
        }
        checked.merge(wanted.kind, 1, Integer::sum);
        String what = wanted.kind + " " + wanted.point + ", seed " + seed;
        if (wanted.refused) {
            assertThatThrownBy(() -> reader.resolve(wanted.point))
                    .as(what)
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isIn(Code.NOT_RESTORABLE, Code.BEYOND));
            return true;
        }
        State state = reader.resolve(wanted.point);
        try {
            int way = random.nextInt(COMMAND_EVERY);
            if (way == 0) {
                restore(wanted.point);
            } else if (way == 1) {
                attach(wanted.point);
            } else {
                read(reader, state, alone);
            }
            boolean timed = wanted.from >= 0;
            oracle.check(
                    content,
                    state,
                    gaps.values(),
                    timed ? wanted.from : state.time(),
                    timed ? wanted.until : state.time());
        } catch (LabException e) {
            throw new LabException(
                    what + ", " + state + ": " + e.getMessage() + "\n  kept " + reader.kept() + "\n  gaps "
                            + gaps.values() + "\n  log " + reader.catalogue().log() + "\n  layers "
                            + reader.catalogue().layers(),
                    e);
        }
        return true;
    }

    private void read(HistoryReader reader, State state, boolean alone) {
        try (PastView view = reader.view(state)) {
            if (alone) {
                view.read(0, content.asSlice(0, content.byteSize() / 2));
                reader.narrow(state);
            }
            view.read(0, content);
        }
    }

    private void restore(Point point) throws IOException {
        Path restored = newPath();
        TidemarkCli.restore(store(), point.toString(), restored);
        take(restored);
        checked.merge("(restored)", 1, Integer::sum);
    }

    private void attach(Point point) throws IOException {
        Path socket = folder.resolve("past" + files++ + ".sock");
        Path copy = newPath();
        try (PastAgent past =
                PastAgent.start(folder.resolve(socket.getFileName() + ".log"), store(), point.toString(), socket)) {
            DiskCopy.of(past.socket(), copy);
            assertThat(past.terminate()).isZero();
        }
        take(copy);
        checked.merge("(attached)", 1, Integer::sum);
    }

    /** Takes the content of a file, and deletes it. */
    private void take(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                Arena mapping = Arena.ofConfined()) {
            MemorySegment.copy(
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, content.byteSize(), mapping),
                    0,
                    content,
                    0,
                    content.byteSize());
        }
        Files.delete(file);
    }

    /**
     * A point to look at.
     *
     * @param refused whether there must be no state for it
     * @param from since when the disk was like that, in microseconds since 1970; -1 for the time of the state itself
     * @param until until when
     */
    private record Wanted(String kind, Point point, boolean refused, long from, long until) {
        Wanted(String kind, Point point) {
            this(kind, point, false, -1, -1);
        }

        static Wanted at(String kind, Point point, long time) {
            return new Wanted(kind, point, false, time, time);
        }

        static Wanted none(String kind, Point point) {
            return new Wanted(kind, point, true, -1, -1);
        }
    }

    /** One of all kinds of points; null if there is none of the kind that came up. */
    private Wanted choose(HistoryReader reader) {
        List<Interval> single = new ArrayList<>(reader.summary().coverage());
        single.removeIf(interval -> interval.from() == interval.to());
        if (single.isEmpty()) {
            return null;
        }
        Interval interval = single.get(random.nextInt(single.size()));
        long time = interval.begin() + random.nextLong(interval.end() - interval.begin() + 1);
        return switch (random.nextInt(10)) {
            case 0, 1, 2 ->
                new Wanted(
                        "write",
                        new Point.WriteNumber(interval.from() + random.nextLong(interval.to() - interval.from() + 1)));
            case 3 -> time < interval.end() ? Wanted.at("time", new Point.Time(time), time) : null;
            case 4, 5 -> kept(reader);
            case 6 -> moment(reader);
            case 7 -> mark(reader);
            case 8 -> flush(reader, time);
            default -> gone(reader, single.getFirst());
        };
    }

    private Wanted kept(HistoryReader reader) {
        var kept = reader.kept();
        if (kept.isEmpty()) {
            return null;
        }
        int i = random.nextInt(kept.size());
        var state = kept.get(i);
        boolean nameless = kept.stream().anyMatch(other -> other != state && other.number() == state.number());
        Point point =
                nameless || random.nextBoolean() ? new Point.Time(state.time()) : new Point.WriteNumber(state.number());
        return new Wanted("kept", point, false, state.time(), Math.max(state.time(), state.until()));
    }

    /** What the disk was at a moment that the rules name. */
    private Wanted moment(HistoryReader reader) {
        long now = PointOracle.now();
        long begin = gaps.firstEntry().getValue().end();
        var rules = RULES.rules();
        RetentionRule rule = rules.get(1 + random.nextInt(rules.size() - 1));
        long oldest = Math.max(begin, now - rule.age());
        long newest = reader.end().time();
        long steps = newest / rule.step() - oldest / rule.step();
        if (steps <= 0) {
            return null;
        }
        long moment = (oldest / rule.step() + 1 + random.nextLong(steps)) * rule.step();
        boolean inGap = gaps.values().stream().anyMatch(gap -> gap.begin() <= moment && moment <= gap.end())
                || reader.gaps().stream().anyMatch(gap -> gap.isOpen() && gap.begin() <= moment);
        return inGap ? null : Wanted.at("moment", new Point.Time(moment), moment);
    }

    private Wanted mark(HistoryReader reader) {
        var all = reader.marks();
        if (all.isEmpty()) {
            return null;
        }
        var mark = all.get(random.nextInt(all.size()));
        var point = new Point.Mark(mark.name());
        if (!locked.contains(mark.name()) && !isThere(reader, point)) {
            return Wanted.none("mark that is gone", point);
        }
        return Wanted.at(locked.contains(mark.name()) ? "locked mark" : "mark", point, mark.time());
    }

    private static boolean isThere(HistoryReader reader, Point point) {
        try {
            reader.resolve(point);
            return true;
        } catch (StoreException e) {
            return false;
        }
    }

    private Wanted flush(HistoryReader reader, long time) {
        var point = new Point.Flush(new Point.Time(time));
        return isThere(reader, point) ? new Wanted("flush", point) : null;
    }

    /** A write before those that are all there, or a time in a gap. */
    private Wanted gone(HistoryReader reader, Interval first) {
        var known = reader.gaps().stream()
                .filter(gap -> !gap.isOpen() && gap.begin() > first.begin() && gap.end() - gap.begin() > 1)
                .toList();
        if (!known.isEmpty() && random.nextInt(3) == 0) {
            Gap gap = known.get(random.nextInt(known.size()));
            return Wanted.none(
                    "time in a gap", new Point.Time(gap.begin() + 1 + random.nextLong(gap.end() - gap.begin() - 1)));
        }
        if (first.from() < 2) {
            return null;
        }
        long number = 1 + random.nextLong(first.from() - 1);
        boolean kept = reader.kept().stream().anyMatch(state -> state.number() == number);
        return kept ? null : Wanted.none("write that is gone", new Point.WriteNumber(number));
    }

    /** On a busy machine the keeper comes late. */
    private void awaitThinned() {
        Await.until("a history that is thinned", PATIENCE, () -> {
            try (StoredDisk stored = StoredDisk.open(store(), "vda")) {
                var catalogue = stored.reader().catalogue();
                return !stored.reader().kept().isEmpty()
                        && catalogue.log().getFirst().segment() > 1;
            }
        });
    }

    /** What is there when all is done, in full. */
    private void end(Path image) throws IOException {
        try (StoredDisk stored = StoredDisk.open(store(), "vda")) {
            HistoryReader reader = stored.reader();
            Path latest = newPath();
            stored.copy(new Point.Latest(), latest);
            assertThat(Files.mismatch(latest, image)).as("seed %s", seed).isEqualTo(-1);
            for (var state : reader.kept()) {
                State kept = new State(state.number(), state.time(), state.records());
                read(reader, kept, false);
                oracle.check(content, kept, gaps.values(), state.time(), Math.max(state.time(), state.until()));
            }
            var summary = reader.summary();
            System.out.printf(
                    "%d writes recorded, %d in gaps; %d states kept, %d gaps, %d marks; log segments %d of %d; stored %d of %d bytes%n",
                    reader.position(),
                    oracle.unnumbered(),
                    reader.kept().size(),
                    gaps.size(),
                    reader.marks().size(),
                    reader.catalogue().log().size(),
                    reader.catalogue().log().getLast().segment(),
                    StoredBytes.of(reader.history()).total(),
                    summary.guestBytes());
            System.out.println("points " + checked);
            assertThat(reader.catalogue().log().getFirst().segment()).isGreaterThan(1);
            assertThat(reader.kept()).isNotEmpty();
            for (var name : locked) {
                assertThat(isThere(reader, new Point.Mark(name))).as(name).isTrue();
            }
        }
    }
}
