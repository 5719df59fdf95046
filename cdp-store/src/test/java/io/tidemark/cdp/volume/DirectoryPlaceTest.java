// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryPlaceTest extends StorePlaceTest {
    @TempDir
    Path directory;

    @Override
    protected StorePlace place() {
        return DirectoryPlace.at(directory.resolve("store"));
    }

    @Test
    void whatIsNotYetInPlaceIsNotListed() throws IOException {
        var place = place();
        place.make();
        Files.write(directory.resolve("store/.history.1"), new byte[1]);
        assertThat(place.files()).isEmpty();
    }

    /** But for what is written in a place inside, where others may write, too. */
    @Test
    void whatTheDeadWereWritingIsRemovedByWhoHasTheLease() throws IOException {
        var place = place();
        place.make("data", "pins");
        var own = directory.resolve("store");
        var replaced = Files.createFile(own.resolve(".catalogue." + UUID.randomUUID()));
        var change = Files.createFile(own.resolve("." + UUID.randomUUID()));
        var within = Files.createFile(own.resolve("data/." + UUID.randomUUID()));
        var foreign = Files.createFile(own.resolve("pins/.one." + UUID.randomUUID()));
        try (var lease = place.take("lock").orElseThrow()) {
            lease.place();
            assertThat(replaced).doesNotExist();
            assertThat(change).doesNotExist();
            assertThat(within).doesNotExist();
            assertThat(foreign).exists();
        }
    }

    /** As on another host, whose file system's server has given it the lock. */
    @Test
    void theNumberOfAnotherHolderIsNoticed() throws IOException {
        var place = place();
        place.make();
        try (var lost = place.take("lock").orElseThrow()) {
            Files.write(directory.resolve("store/lock"), new byte[16]);
            assertThatThrownBy(lost::check).hasMessageContaining("is lost: another agent has taken it");
        }
    }

    /** As a network file system's server does, which hasn't heard of the holder's host for long. */
    @Test
    void whoHasLostTheLeaseNotices() throws IOException {
        var place = place();
        place.make("data", "meta");
        place.bulk("data").create("00000001").close();
        try (var lost = place.take("lock").orElseThrow();
                var segment = lost.place().volume("meta").create("00000001")) {
            Files.delete(directory.resolve("store/lock"));
            assertThatThrownBy(lost::check).isInstanceOf(IOException.class);
            try (var next = place.take("lock").orElseThrow()) {
                next.check();
                assertThatThrownBy(lost::check).hasMessageContaining("is lost");
                assertThatThrownBy(() -> lost.place().replace("catalogue", new byte[1]))
                        .hasMessageContaining("is lost");
                assertThatThrownBy(() -> segment.append(MemorySegment.ofArray(new byte[8])))
                        .hasMessageContaining("is lost");
                assertThatThrownBy(segment::sync).hasMessageContaining("is lost");
                assertThatThrownBy(() -> lost.place().bulk("data").delete("00000001"))
                        .hasMessageContaining("is lost");
                assertThat(place.has("catalogue")).isFalse();
            }
        }
    }
}
