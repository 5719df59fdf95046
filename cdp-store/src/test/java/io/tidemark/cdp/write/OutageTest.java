// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.Model;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.read.Damage;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.verify.Verify;
import io.tidemark.cdp.volume.MemoryVolume;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A store that fails or hangs under a history that goes on; processes that are killed meanwhile; spools that are damaged. */
@Timeout(60)
class OutageTest {
    private static final int DISK = 1 << 20;
    private static final WriterOptions OPTIONS =
            Histories.SMALL.withCommitInterval(Duration.ofMillis(10)).withPatience(Duration.ofMillis(500));

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final History history = Histories.inMemory(DISK);
    private final MemoryVolume data = Histories.data(history);
    private final MemoryVolume meta = Histories.meta(history);
    private final MemoryVolume spool = new MemoryVolume();
    private final Model model = new Model(DISK, 400 << 10, random);

    OutageTest() {
        System.out.println("outage seed " + seed);
    }

    @Test
    void whatAFailingStoreDoesNotTakeWaitsInTheSpoolAndNothingIsMissing() {
        try (var writer = writer(64 << 20)) {
            steps(writer, 100);
            data.breakDown();
            steps(writer, 300);
            await(() -> writer.outbox().spoolBytes() > 0);
            assertThat(writer.outbox().reason().orElseThrow()).contains("the volume is gone");
            assertThat(writer.outbox().isFlowing()).isFalse();
            long durable = writer.durable();
            assertThat(durable).isLessThan(writer.position());
            steps(writer, 300);
            data.repair();
            await(() -> writer.durable() > durable);
            steps(writer, 100);
            caughtUp(writer);
            await(() -> spool.list().isEmpty());
        }
        everyStateIsThere(history, 801);
    }

    @Test
    void memoryAloneOutlastsAShortOutage() {
        try (var writer = Histories.writer(history, OPTIONS.withOutbox(64 << 20))) {
            steps(writer, 50);
            meta.breakDown();
            steps(writer, 100);
            await(() -> writer.outbox().trouble());
            meta.repair();
            caughtUp(writer);
        }
        everyStateIsThere(history, 151);
    }

    @Test
    void aHangingStoreKeepsNobodyWaitingAndGetsEverythingLater() throws InterruptedException {
        var writer = writer(64 << 20);
        steps(writer, 100);
        data.freeze();
        steps(writer, 300);
        await(() -> writer.outbox().reason().orElse("").contains("not answered"));
        await(() -> writer.outbox().spoolBytes() > 0);
        steps(writer, 100);
        long position = writer.position();
        long begin = System.nanoTime();
        writer.close();
        assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(20));
        // What its thread does when the store answers at last harms nobody.
        data.thaw();
        try (var next = writer(64 << 20)) {
            assertThat(next.position()).isEqualTo(position);
            assertThat(next.followsCleanEnd()).isTrue();
            await(next::isCaughtUp);
            assertThat(next.durable()).isEqualTo(position);
        }
        everyStateIsThere(history, 501);
    }

    @Test
    void aStoreThatFailsNowAndThenLosesAndDoublesNothing() {
        try (var writer = writer(64 << 20)) {
            data.fail(random, 30);
            meta.fail(random, 60);
            steps(writer, 600);
            data.repair();
            meta.repair();
            caughtUp(writer);
        }
        everyStateIsThere(history, 601);
        assertThat(data.list()).as("segments that were begun in vain are gone").hasSizeLessThan(30);
    }

    @Test
    void aSpoolThatFailsIsAsIfItWereFull() {
        try (var writer = writer(64 << 20)) {
            steps(writer, 20);
            data.breakDown();
            spool.fail(random, 200);
            steps(writer, 200);
            await(() -> writer.outbox().spoolBytes() > 0);
            data.repair();
            caughtUp(writer);
        }
        everyStateIsThere(history, 221);
    }

    @Test
    void whatTheDiskOfTheSpoolHasRefusedIsInNobodysWay() {
        try (var writer = writer(64 << 20)) {
            steps(writer, 20);
            spool.limitSpace(0);
            data.breakDown();
            steps(writer, 100);
            await(() -> writer.outbox().spoolFailed());
            await(() -> spool.list().isEmpty()); // it tries now and then, and leaves nothing
            spool.limitSpace(Long.MAX_VALUE);
            steps(writer, 100);
            await(() -> writer.outbox().spoolBytes() > 0);
            data.repair();
            caughtUp(writer);
            await(() -> spool.list().isEmpty());
        }
        everyStateIsThere(history, 221);
    }

    @Test
    void aCommitDoesNotWaitForTheIntervalThoughAllWasPassedOnBefore() throws InterruptedException {
        var seldom = OPTIONS.withCommitInterval(Duration.ofHours(1));
        try (var writer = Histories.writer(history, seldom)) {
            writer.zero(1, 0, 512);
            writer.commit();
            assertThat(writer.awaitDurable(1, Duration.ofSeconds(20))).isTrue();
            writer.zero(2, 512, 512);
            LockSupport.parkNanos(2 * seldom.linger().toNanos());
            writer.pause();
            writer.commit();
            assertThat(writer.awaitDurable(2, Duration.ofSeconds(20))).isTrue();
        }
    }

    @Test
    void whatWasReadOfTheDiskIsDurableWhenTheStoreHasIt() {
        try (var writer = writer(64 << 20)) {
            writer.gapBegin(1, GapReason.START);
            writer.commit();
            await(() -> writer.isDurable(writer.told()));
            meta.breakDown();
            writer.syncData(0, 0, MemorySegment.ofArray(new byte[4096]).fill((byte) 1));
            long told = writer.told();
            writer.commit();
            await(() -> writer.outbox().trouble());
            assertThat(writer.durable()).isEqualTo(writer.position());
            assertThat(writer.isDurable(told)).isFalse();
            meta.repair();
            await(() -> writer.isDurable(told));
        }
    }

    @Test
    void whoHasNoRoomWaitsUntilSomebodyGivesUp() throws InterruptedException {
        var writer = writer(SpoolRoom.LEAST);
        steps(writer, 10);
        data.breakDown();
        var stuck = Thread.ofPlatform()
                .start(() -> assertThatThrownBy(() -> {
                            while (true) {
                                model.step(writer);
                            }
                        })
                        .isInstanceOf(StoreException.class)
                        .hasMessageContaining("no room"));
        await(() ->
                writer.outbox().spoolBytes() > SpoolRoom.LEAST / 2 && stuck.getState() == Thread.State.TIMED_WAITING);
        writer.giveUp();
        stuck.join();
        writer.close();
        data.repair();
        long position;
        try (var next = writer(SpoolRoom.LEAST)) {
            position = next.position();
            assertThat(position).isGreaterThan(10);
            assertThat(next.followsCleanEnd()).isFalse();
            await(next::isCaughtUp);
        }
        everyStateIsThere(history, (int) position + 1);
    }

    @Test
    void aLossThatTheStoreCausedIsNoOverload() {
        try (var writer = writer(64 << 20)) {
            writer.gapBegin(1, GapReason.START);
            writer.gapEnd(2);
            data.breakDown();
            steps(writer, 100);
            await(() -> writer.outbox().trouble());
            writer.gapBegin(model.time, GapReason.OVERLOAD);
            writer.syncData(writer.position(), 0, MemorySegment.ofArray(model.disk));
            writer.gapEnd(model.time + 1);
            data.repair();
            caughtUp(writer);
        }
        try (var reader = HistoryReader.open(history, false)) {
            assertThat(reader.summary().gaps().getLast().reason().toString().toLowerCase())
                    .contains("store");
        }
    }

    /** Killed at any moment of an outage, by turns also with a power cut, or with bits of the spool turned. */
    @Test
    void aKilledProcessLosesNothingThatWasSpooled() {
        var spooled = 0;
        for (int round = 0; round < Integer.getInteger("tidemark.kills", 6); round++) {
            var turn = new OutageTest();
            var writer = turn.writer(64 << 20);
            turn.steps(writer, random.nextInt(100));
            (random.nextBoolean() ? turn.data : turn.meta).breakDown();
            // Enough for some content among the zeros: a broken volume of content is noticed by that alone.
            turn.steps(writer, 30 + random.nextInt(200));
            await(() -> writer.outbox().spoolBytes() > 0);
            turn.steps(writer, random.nextInt(200));
            // As it is read one after the other, the spool has no less than the store allows for.
            var meta = turn.meta.copy();
            var data = turn.data.copy();
            var kept = round % 3 == 1 ? turn.spool.crashed(random) : turn.spool.copy();
            boolean harmed = round % 3 == 2;
            if (harmed) {
                flip(kept);
            }
            long durable = writer.durable();
            turn.data.repair();
            turn.meta.repair();
            writer.close();

            var left = Histories.with(turn.history, data, meta);
            long found;
            try (var next =
                    HistoryWriter.open(Histories.source(left), OPTIONS, Optional.of(new SpoolRoom(kept, 64 << 20)))) {
                found = next.position();
                assertThat(found).as("seed %d", seed).isBetween(durable, writer.position());
                await(next::isCaughtUp);
            }
            spooled += found > durable ? 1 : 0;
            assertThat(kept.list()).isEmpty();
            turn.everyStateIsThere(left, (int) found + 1);
        }
        assertThat(spooled).isPositive();
    }

    private void flip(MemoryVolume volume) {
        var name = volume.list().get(random.nextInt(volume.list().size()));
        var content = volume.content(name);
        if (content.length > 0) {
            content[random.nextInt(content.length)] ^= (byte) (1 << random.nextInt(8));
            volume.replace(name, content);
        }
    }

    @Test
    void theSpoolOfAnotherHistoryIsNotUsed() {
        var writer = writer(64 << 20);
        data.breakDown();
        steps(writer, 100);
        await(() -> writer.outbox().spoolBytes() > 0);
        writer.close();
        assertThat(spool.list()).isNotEmpty();
        var other = new Model(DISK, 64 << 10, random);
        // Of the same id, but gone on with by somebody else since.
        data.repair();
        try (var elsewhere = Histories.writer(history, OPTIONS)) {
            for (int i = 0; i < 20; i++) {
                other.step(elsewhere);
            }
        }
        try (var next = writer(64 << 20)) {
            assertThat(next.position()).isEqualTo(20);
            assertThat(next.isCaughtUp()).isTrue();
        }
        assertThat(spool.list()).isEmpty();
    }

    private HistoryWriter writer(long bytes) {
        return HistoryWriter.open(Histories.source(history), OPTIONS, Optional.of(new SpoolRoom(spool, bytes)));
    }

    private void steps(HistoryWriter writer, int count) {
        for (int i = 0; i < count; i++) {
            model.step(writer);
        }
    }

    private static void caughtUp(HistoryWriter writer) {
        writer.commit();
        await(() -> writer.durable() == writer.position());
    }

    private static void await(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
    }

    private void everyStateIsThere(History where, int states) {
        assertThat(Verify.run(where, false, (done, total) -> {}).damage())
                .as("seed %d", seed)
                .allMatch(Damage::torn);
        var scratch = new byte[DISK];
        try (var reader = HistoryReader.open(where, false)) {
            assertThat(reader.position()).as("seed %d", seed).isEqualTo(states - 1);
            for (int i = 0; i < 12; i++) {
                int number = i == 0 ? states - 1 : random.nextInt(states);
                try (var view = reader.view(reader.resolve(new Point.WriteNumber(number)))) {
                    assertThat(Model.checksum(view, scratch))
                            .as("seed %d, state %d", seed, number)
                            .isEqualTo(model.states.get(number));
                }
            }
        }
    }
}
