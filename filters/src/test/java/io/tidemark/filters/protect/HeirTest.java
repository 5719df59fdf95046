// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.disk.Filter;
import io.tidemark.filters.FakeDisk;
import io.tidemark.filters.MemoryLog;
import io.tidemark.filters.capture.CaptureLimits;
import io.tidemark.filters.capture.Durability;
import io.tidemark.filters.capture.WriteClock;
import io.tidemark.filters.intent.CrashFile;
import io.tidemark.filters.intent.IntentIdentity;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A disk that goes from one protection to the next, as it does from one agent to the next. */
@Timeout(60)
class HeirTest {
    private static final int CAPACITY = 16 << 20;
    private static final CaptureLimits ROOMY = new CaptureLimits(64 << 20, 32768);

    /** Too little for what is sent at once: changes are lost, before a hand-over too. */
    private static final CaptureLimits TIGHT = new CaptureLimits(256 << 10, 64);

    private static final UUID HISTORY = new UUID(1, 2);
    private static final IntentIdentity IDENTITY = new IntentIdentity("vda", "raw:/a", CAPACITY, HISTORY);

    private static final int HEIR = 5;
    private static final int HAND_OVERS = Integer.getInteger("tidemark.handOvers", 10);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final FakeDisk disk = new FakeDisk(CAPACITY, 2, 16, seed, UnaryOperator.identity());
    private final WriteClock clock = new WriteClock(System::nanoTime, Clock.systemUTC());
    private final CrashFile file = new CrashFile();
    private volatile List<Filter> inTheWay = List.of();
    private MemoryLog log;
    private int session;

    private final OpenIntent intent = new MapInFile(IDENTITY, file);

    private Protection newProtection(CaptureLimits limits) {
        return new Protection(
                "vda",
                wanted -> {
                    inTheWay = wanted;
                    return disk.filters(wanted);
                },
                disk,
                this::open,
                clock,
                new ProtectionLimits(
                        limits,
                        Duration.ofMillis(50),
                        Duration.ofMillis(1),
                        Duration.ofMillis(100),
                        Duration.ofMillis(20),
                        Durability.ASYNC),
                Optional.of(intent));
    }

    private OpenLog open() {
        boolean fresh = log == null;
        byte[] base = fresh ? new byte[CAPACITY] : log.replay(log.position());
        PriorContent prior = (offset, into) -> {
            MemorySegment.copy(MemorySegment.ofArray(base), offset, into, 0, into.byteSize());
            return true;
        };
        log = new MemoryLog(base);
        return new OpenLog(
                log,
                fresh ? Optional.empty() : Optional.of(prior),
                fresh,
                new Session(HISTORY, session, ++session),
                Delivery.AT_ONCE,
                () -> {});
    }

    private static void awaitProtected(Protection protection) {
        while (protection.status().state() != ProtectionState.PROTECTED) {
            Thread.onSpinWait();
        }
    }

    private void handOver(Protection old) {
        old.shared(true);
        old.handedOver(HEIR);
        old.close();
    }

    private NotedChanges note() {
        NotedChanges noted = new NotedChanges();
        inTheWay = List.of(noted);
        disk.filters(inTheWay).join();
        return noted;
    }

    /** All that was changed is in the history of this protection. */
    private void assertNothingIsMissing(Protection protection) {
        long at;
        do { // a loss that is just being noticed: then the mark lies in a gap
            awaitProtected(protection);
            at = protection.mark("end").join().write();
        } while (!log.marks.getLast().exact());
        byte[] recorded = log.replay(at);
        byte[] now = disk.image().content().toArray(ValueLayout.JAVA_BYTE);
        assertThat(recorded).as("seed " + seed).isEqualTo(now);
    }

    @AfterEach
    void close() throws InterruptedException {
        disk.close();
    }

    @Test
    void whatIsChangedWhileItChangesHandsIsReadAndNothingElse() throws Exception {
        handOverAgainAndAgain(ROOMY, () -> assertThat(log.saysWhole()).isFalse());
    }

    /** What the former one had lost its map names. */
    @Test
    void whatWasLostBeforeIsReadToo() throws Exception {
        handOverAgainAndAgain(TIGHT, () -> {});
    }

    private void handOverAgainAndAgain(CaptureLimits limits, Runnable check) throws Exception {
        Protection now = newProtection(limits);
        now.enable().join();
        awaitProtected(now);
        for (int i = 0; i < HAND_OVERS; i++) {
            disk.sendAndWait(50);
            handOver(now);
            now = newProtection(limits);
            now.inherit(note(), HEIR);
            disk.sendAndWait(5);
            var load = disk.send(50);
            now.enable().join();
            load.get(30, TimeUnit.SECONDS);
            awaitProtected(now);
            check.run();
            assertNothingIsMissing(now);
        }
        now.close();
    }

    /** Nobody else believes a map that was left to it. */
    @Test
    void behindAnHeirThatIsKilledAllIsCompared() throws Exception {
        Protection old = newProtection(ROOMY);
        old.enable().join();
        awaitProtected(old);
        handOver(old);
        NotedChanges lost = note();
        assertThat(inTheWay).containsExactly(lost);
        disk.sendAndWait(50);
        Protection next = newProtection(ROOMY);
        next.enable().join();
        awaitProtected(next);
        assertThat(log.saysWhole()).isTrue();
        assertNothingIsMissing(next);
        next.close();
    }

    @Test
    void notesStayInTheWayOfAPausedDiskAndGoFromOneThatIsOff() throws Exception {
        Protection paused = newProtection(ROOMY);
        NotedChanges noted = note();
        paused.inherit(noted, HEIR);
        paused.pause().join();
        assertThat(inTheWay).containsExactly(noted);
        disk.sendAndWait(50);
        paused.enable().join();
        awaitProtected(paused);
        assertNothingIsMissing(paused);
        paused.close();

        Protection off = newProtection(ROOMY);
        off.inherit(note(), HEIR);
        off.disable().join();
        assertThat(inTheWay).isEmpty();
        off.close();
    }
}
