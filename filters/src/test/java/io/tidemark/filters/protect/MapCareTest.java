// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.filters.FakeDisk;
import io.tidemark.filters.capture.CaptureLimits;
import io.tidemark.filters.capture.Durability;
import io.tidemark.filters.capture.NullLog;
import io.tidemark.filters.capture.WriteClock;
import io.tidemark.filters.intent.CrashFile;
import io.tidemark.filters.intent.IntentIdentity;
import io.tidemark.filters.intent.IntentMap;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was read of a disk has no number: it must be in the store all the same before the map says that nothing differs. */
@Timeout(60)
class MapCareTest {
    private static final int CAPACITY = 16 << 20;
    private static final Session SESSION = new Session(new UUID(1, 2), 0, 7);
    private static final IntentIdentity IDENTITY = new IntentIdentity("vda", "raw:/a", CAPACITY, SESSION.history());

    private final FakeDisk disk = new FakeDisk(CAPACITY, 1, 16, 1, UnaryOperator.identity());
    private final CrashFile file = new CrashFile();
    private final Store store = new Store();
    private final OpenIntent intent = new MapInFile(IDENTITY, file);
    private final Protection protection = new Protection(
            "vda",
            disk::filters,
            disk,
            () -> new OpenLog(store, Optional.empty(), true, SESSION, Delivery.AT_ONCE, () -> {}),
            new WriteClock(System::nanoTime, Clock.systemUTC()),
            new ProtectionLimits(
                    new CaptureLimits(1 << 20, 256),
                    Duration.ofMillis(50),
                    Duration.ofMillis(1),
                    Duration.ofMillis(100),
                    Duration.ofMillis(1),
                    Durability.ASYNC),
            Optional.of(intent));

    /** One that has no write that isn't durable. */
    private static final class Store extends NullLog {
        private final AtomicInteger asked = new AtomicInteger();
        private volatile boolean keepsUp;

        @Override
        public long told() {
            return 1;
        }

        @Override
        public boolean isDurable(long told) {
            asked.incrementAndGet();
            return keepsUp;
        }
    }

    @AfterEach
    void close() throws InterruptedException {
        protection.close();
        disk.close();
    }

    private void awaitLook() {
        for (int before = store.asked.get(); store.asked.get() < before + 2; ) {
            Thread.onSpinWait();
        }
    }

    private boolean differs() throws IOException {
        IntentMap left = IntentMap.open(IDENTITY, file.killed(), SESSION.number(), "", 0);
        assertThat(left.isTrusted()).isTrue();
        return !left.stretches().isEmpty();
    }

    @Test
    void nothingIsClearedBefore() throws Exception {
        protection.enable().join();
        awaitLook();
        assertThat(differs()).isTrue();
        store.keepsUp = true;
        while (differs()) {
            Thread.onSpinWait();
        }
    }

    /** Whoever says that the disk is this process's again may come when its changes pass the map by. */
    @Test
    void aMapThatIsPassedByIsNotBelievedAgain() throws Exception {
        MapCare care = new MapCare("vda", Optional.of(intent), disk, Duration.ofSeconds(1));
        care.begin(SESSION, (cause, declared) -> {});
        care.shared(true);
        assertThat(isBelieved()).isFalse();
        care.shared(false);
        assertThat(isBelieved()).isTrue();
        care.mistrust();
        care.shared(false);
        assertThat(isBelieved()).isFalse();
        care.end(false);
        assertThat(isBelieved()).isFalse();
    }

    private boolean isBelieved() throws IOException {
        return IntentMap.open(IDENTITY, file.killed(), SESSION.number(), "", 0).isTrusted();
    }

    @Test
    void noDiskIsLeftCleanBefore() throws Exception {
        protection.enable().join();
        awaitLook();
        protection.close();
        assertThat(differs()).isTrue();
    }
}
