// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.volume.MemoryPlace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class RetentionFileProperty {
    private static final RetentionFile FILE = new RetentionFile(
            new Retention(RetentionRules.parse("12h:write/1d:1h"), OptionalLong.of(50L << 30)),
            List.of(new LockedMark("before the update", 17), new LockedMark("ä", 0)));

    @Example
    void whatIsWrittenIsRead() throws IOException {
        var place = new MemoryPlace();
        place.make();
        assertThat(RetentionFile.read(place)).isEqualTo(RetentionFile.NONE);
        FILE.write(place);
        assertThat(RetentionFile.read(place)).isEqualTo(FILE);
        RetentionFile.NONE.write(place);
        assertThat(RetentionFile.read(place)).isEqualTo(RetentionFile.NONE);
        assertThat(new String(FILE.bytes(), StandardCharsets.UTF_8)).startsWith("""
                tidemark retention 1
                rules 12h:write/1d:1h
                quota 53687091200
                locked 17 before the update
                locked 0 ä
                crc32c\s""");
    }

    @Property(tries = 500)
    void aDamagedFileIsNeverBelieved(@ForAll @IntRange(max = 200) int at, @ForAll byte value) {
        var bytes = FILE.bytes();
        int where = at % bytes.length;
        if (bytes[where] == value) {
            return;
        }
        bytes[where] = value;
        assertThatThrownBy(() -> RetentionFile.parse("f", bytes))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(StoreException.Code.DAMAGED));
    }

    @Property(tries = 500)
    void anyBytesAreRefusedOrRead(@ForAll byte[] bytes) {
        assertThatThrownBy(() -> RetentionFile.parse("f", bytes)).isInstanceOf(StoreException.class);
    }

    @Example
    void nonsenseUnderARightChecksumIsRefused() {
        for (var line :
                List.of("rules x", "quota -1", "quota 99999999999999999999", "locked 3", "locked x y", "other 1")) {
            assertThatThrownBy(() ->
                            RetentionFile.parse("f", RetentionFile.sealed("tidemark retention 1\n" + line + "\n")))
                    .as(line)
                    .isInstanceOf(StoreException.class);
        }
        assertThatThrownBy(() -> RetentionFile.parse("f", RetentionFile.sealed("tidemark retention 2\n")))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(StoreException.Code.UNSUPPORTED));
    }
}
