// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.pin;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.History;
import io.tidemark.cdp.volume.DirectoryPlace;
import io.tidemark.cdp.volume.StorePlace;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PinsTest {
    @TempDir
    Path directory;

    private History history;

    @BeforeEach
    void open() {
        history = new History("vda", new UUID(1, 2), 1 << 20, DirectoryPlace.at(directory));
    }

    @Test
    void aReaderNeedsEverythingUntilItSaysWhat() {
        try (var pin = Pins.announce(history)) {
            try (var seen = Pins.shut(history)) {
                assertThat(seen.everything()).isEqualTo(1);
                assertThat(seen.states()).isEmpty();
            }
            pin.narrow(new PinnedState(7, 1_000_000, 12, List.of(3, 5)));
            try (var other = Pins.announce(history);
                    var seen = Pins.shut(history)) {
                assertThat(seen.everything()).isEqualTo(1);
                assertThat(seen.states()).containsExactly(new PinnedState(7, 1_000_000, 12, List.of(3, 5)));
                other.close();
            }
        }
        try (var seen = Pins.shut(history)) {
            assertThat(seen.everything()).isZero();
            assertThat(seen.states()).isEmpty();
        }
    }

    @Test
    void signsOfTheDeadAreRemoved() throws IOException {
        var pins = directory.resolve("pins");
        Files.createDirectories(pins);
        Files.write(pins.resolve("one"), new PinnedState(7, 1, 12, List.of()).bytes());
        Files.write(pins.resolve("one.held"), new byte[16]);
        Files.write(pins.resolve("two"), new byte[0]);
        Files.write(pins.resolve("three.held"), new byte[16]);
        try (var pin = Pins.announce(history);
                var seen = Pins.shut(history)) {
            assertThat(seen.everything()).isEqualTo(1);
            assertThat(seen.states()).isEmpty();
            assertThat(pins.resolve("one")).doesNotExist();
            assertThat(pins.resolve("one.held")).doesNotExist();
            assertThat(pins.resolve("two")).doesNotExist();
            assertThat(pins.resolve("three.held")).doesNotExist();
            pin.close();
        }
        try (var files = Files.list(pins)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactly("gate.lock");
        }
    }

    @Test
    void whatTheDeadWereSayingIsRemoved() throws IOException {
        try (var pin = Pins.announce(history)) {
            var pins = directory.resolve("pins");
            var living = history.place().in("pins").files().stream()
                    .filter(name -> name.endsWith(".held"))
                    .map(name -> name.substring(0, name.length() - ".held".length()))
                    .findFirst()
                    .orElseThrow();
            var saying = Files.createFile(pins.resolve("." + living + "." + UUID.randomUUID()));
            var dead = Files.createFile(pins.resolve("." + UUID.randomUUID() + "." + UUID.randomUUID()));
            var change = Files.createFile(pins.resolve("." + UUID.randomUUID()));
            try (var seen = Pins.shut(history)) {
                seen.removeUnfinished();
            }
            assertThat(saying).exists();
            assertThat(dead).doesNotExist();
            assertThat(change).doesNotExist();
            pin.narrow(new PinnedState(7, 1, 12, List.of()));
        }
    }

    @Test
    void whatMakesNoSenseNeedsEverything() throws IOException {
        try (var pin = Pins.announce(history)) {
            pin.narrow(new PinnedState(7, 1, 12, List.of()));
            try (var files = Files.list(directory.resolve("pins"))) {
                var file = files.filter(path -> !path.toString().endsWith("held")
                                && !path.toString().endsWith("lock"))
                        .findFirst()
                        .orElseThrow();
                var bytes = Files.readAllBytes(file);
                bytes[5]++;
                Files.write(file, bytes);
            }
            try (var seen = Pins.shut(history)) {
                assertThat(seen.everything()).isEqualTo(1);
            }
        }
    }

    @Test
    void oneAtATimePassesTheGate() throws InterruptedException {
        var inside = new AtomicInteger();
        var most = new AtomicInteger();
        var threads = new Thread[4];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = Thread.ofPlatform().start(() -> {
                for (int round = 0; round < 20; round++) {
                    try (var pins = Pins.shut(history)) {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        inside.decrementAndGet();
                        assertThat(pins.states()).isEmpty();
                    }
                }
            });
        }
        for (var thread : threads) {
            thread.join();
        }
        assertThat(most.get()).isEqualTo(1);
    }

    /** A full store is one that somebody wants to look into, and to restore from. */
    @Test
    void aFullStoreCanBeRead() {
        var full = new AtomicBoolean(true);
        var there = history;
        history = new History("vda", there.id(), there.capacity(), withoutRoom(there.place(), full));
        try (var pin = Pins.announce(history)) {
            assertThat(pin).isSameAs(Pin.NONE);
        }
        full.set(false);
        try (var pin = Pins.announce(history)) {
            full.set(true);
            pin.narrow(new PinnedState(7, 1_000_000, 12, List.of(3, 5)));
            try (var seen = Pins.shut(there)) {
                assertThat(seen.everything()).isEqualTo(1);
            }
        }
    }

    private static StorePlace withoutRoom(StorePlace to, AtomicBoolean full) {
        return (StorePlace) Proxy.newProxyInstance(
                PinsTest.class.getClassLoader(), new Class<?>[] {StorePlace.class}, (proxy, method, arguments) -> {
                    if (full.get() && List.of("create", "replace").contains(method.getName())) {
                        throw new IOException("No space left on device");
                    }
                    var answer = method.invoke(to, arguments);
                    return answer instanceof StorePlace inner ? withoutRoom(inner, full) : answer;
                });
    }
}
