// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What every place must do. */
public abstract class StorePlaceTest {
    /** One that holds nothing, and need not exist. */
    protected abstract StorePlace place();

    /** The same, as another process sees it. */
    protected StorePlace again() {
        return place();
    }

    /** For how long another process may see a small file that has been replaced. */
    protected Duration staleness() {
        return Duration.ZERO;
    }

    @Test
    protected void smallFilesAreMadeOnceReplacedAndDeleted() throws IOException {
        var home = place().in("disks").in("vda");
        home.make();
        assertThat(home.has("history")).isFalse();
        assertThatThrownBy(() -> home.read("history")).isInstanceOf(NoSuchFileException.class);
        assertThat(home.create("history", new byte[] {1, 2})).isTrue();
        assertThat(home.create("history", new byte[] {3})).isFalse();
        assertThat(home.read("history")).containsExactly(1, 2);
        home.replace("history", new byte[] {4, 5, 6});
        home.replace("catalogue", new byte[100_000]);
        assertThat(again().in("disks").in("vda").read("history")).containsExactly(4, 5, 6);
        assertThat(home.read("catalogue")).hasSize(100_000);
        assertThat(home.files()).containsExactly("catalogue", "history");
        home.delete("catalogue");
        assertThatThrownBy(() -> home.delete("catalogue")).isInstanceOf(NoSuchFileException.class);
        assertThat(home.files()).containsExactly("history");
        assertThatThrownBy(() -> home.read("../history")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    protected void placesAreListedOnceTheyAreMade() throws IOException {
        var disks = place().in("disks");
        assertThatThrownBy(() -> disks.in("vda").create("history", new byte[1]))
                .isInstanceOf(NoSuchFileException.class);
        disks.make();
        assertThat(disks.places()).isEmpty();
        disks.in("vdb").make("data", "meta");
        disks.in("vda").make();
        disks.in("vda").make();
        assertThat(again().in("disks").places()).containsExactly("vda", "vdb");
        assertThat(disks.in("vdb").volume("meta").list()).isEmpty();
    }

    @Test
    protected void volumesOfOnePlaceAreApart() throws IOException {
        var home = place().in("vda");
        home.make("data", "meta");
        home.bulk("data").create("00000001").close();
        home.volume("meta").create("00000002").close();
        assertThat(again().in("vda").bulk("data").list()).containsExactly("00000001");
        assertThat(again().in("vda").volume("meta").list()).containsExactly("00000002");
    }

    /** As readers' leases are, which have a name of their own each. */
    @Test
    protected void aLeaseThatNobodyWillWantIsDeletedWhileItIsHeld() throws IOException {
        var home = place().in("vda");
        home.make();
        try (var lease = home.take("once").orElseThrow()) {
            assertThat(home.has("once")).isTrue();
            home.delete("once");
            assertThat(lease.place().has("once")).isFalse();
        }
        assertThat(home.files()).isEmpty();
    }

    /** Readers see one state or the other, whoever replaces the file. */
    @Test
    protected void aReplacedFileIsNeverSeenInPart() throws Exception {
        var home = place().in("vda");
        home.make();
        home.replace("catalogue", filled(0));
        var ends = new AtomicBoolean();
        var writer = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 1; i < 40; i++) {
                    home.replace("catalogue", filled(i));
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            } finally {
                ends.set(true);
            }
        });
        var reader = again().in("vda");
        do {
            var content = reader.read("catalogue");
            assertThat(content).hasSize(1000 + 100 * content[0]).containsOnly(content[0]);
        } while (!ends.get());
        writer.join();
        long end = System.nanoTime() + staleness().toNanos();
        while (reader.read("catalogue")[0] != 39 && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(Arrays.equals(reader.read("catalogue"), filled(39))).isTrue();
    }

    private static byte[] filled(int value) {
        var content = new byte[1000 + 100 * value];
        Arrays.fill(content, (byte) value);
        return content;
    }

    @Test
    protected void aLeaseHasOneHolder() throws IOException {
        var home = place().in("vda");
        home.make("meta");
        assertThat(home.isTaken("lock")).isFalse();
        var lease = home.take("lock").orElseThrow();
        lease.check();
        lease.place().volume("meta").create("00000001").close();
        assertThat(home.take("lock")).isEmpty();
        assertThat(again().in("vda").take("lock")).isEmpty();
        assertThat(again().in("vda").isTaken("lock")).isTrue();
        try (var other = home.take("other").orElseThrow()) {
            other.check();
        }
        lease.check();
        assertThat(home.files()).containsExactly("lock", "other");
        home.delete("other");
        lease.close();
        assertThat(home.files()).containsExactly("lock");
        assertThat(home.isTaken("lock")).isFalse();
        try (var next = again().in("vda").take("lock").orElseThrow()) {
            next.check();
        }
    }
}
