// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A directory that two hosts have mounted is a place like any other: {@code -Dtidemark.mounts=HERE:THERE}, see bin/nfs. */
@EnabledIfSystemProperty(named = "tidemark.mounts", matches = ".+:.+")
class MountedPlaceTest extends StorePlaceTest {
    private final String[] mounts = System.getProperty("tidemark.mounts").split(":");
    private final String name = UUID.randomUUID().toString();

    private Path here() {
        return Path.of(mounts[0]).resolve(name);
    }

    private Path there() {
        return Path.of(mounts[1]).resolve(name);
    }

    @Override
    protected StorePlace place() {
        return DirectoryPlace.at(here());
    }

    @Override
    protected StorePlace again() {
        return DirectoryPlace.at(there());
    }

    /** Clients ask the server for names and attributes again after some seconds. */
    @Override
    protected Duration staleness() {
        return Duration.ofSeconds(60);
    }

    @Test
    void twoHostsDontWriteOneHistory() {
        var ours = Store.openOrCreate(here());
        var theirs = Store.open(there());
        try (var writer = ours.write("vda", 1 << 20)) {
            assertThat(theirs.isWritten("vda")).isTrue();
            assertThatThrownBy(() -> theirs.write("vda", 1 << 20))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.code()).isEqualTo(StoreException.Code.IN_USE));
            writer.zero(1, 0, 4096);
        }
        try (var writer = theirs.write("vda", 1 << 20)) {
            assertThat(writer.position()).isEqualTo(1);
            writer.zero(2, 4096, 4096);
        }
        try (var reader = ours.read("vda")) {
            assertThat(reader.position()).isEqualTo(2);
        }
    }
}
