// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.StoreException;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetentionRulesTest {
    private static final long HOUR = 3_600_000_000L;

    @ParameterizedTest
    @ValueSource(strings = {"12h:write/1d:1h/3d:1d", "all", "90s:write", "2h:1h", "30m:write/12h:10m"})
    void rulesReadAsTheyAreWritten(String text) {
        assertThat(RetentionRules.parse(text)).hasToString(text);
    }

    @Test
    void aRuleReachesBackFromNowToItsAge() {
        long now = micros("2026-11-28T09:17:00Z");
        var rules = RetentionRules.parse("12h:write/24h:6h/3d:1d");
        assertThat(rules.exactSince(now)).isEqualTo(now - 12 * HOUR);
        assertThat(Arrays.stream(rules.moments(now)).boxed())
                .containsExactly(
                        micros("2026-11-26T00:00:00Z"),
                        micros("2026-11-27T00:00:00Z"),
                        micros("2026-11-27T12:00:00Z"),
                        micros("2026-11-27T18:00:00Z"),
                        micros("2026-11-28T00:00:00Z"),
                        micros("2026-11-28T06:00:00Z"));
    }

    @Test
    void withoutRulesEverythingIsKept() {
        assertThat(RetentionRules.KEEP_ALL.exactSince(5)).isEqualTo(Long.MIN_VALUE);
        assertThat(RetentionRules.parse("1d:1h").exactSince(5)).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "12h; form AGE:STEP",
                "; form AGE:STEP",
                "12h:write/; form AGE:STEP",
                "12:write; no span of time",
                "0h:write; no span of time",
                "12h:; no span of time",
                "999999999w:1d; no span of time",
                "12h:write/12h:1h; reaches no further back",
                "1d:1h/2d:write; only the first rule",
                "1d:1h/2d:1h; no coarser",
                "1d:2h/2d:1h; no coarser",
                "1h:2h; longer than its age",
                "1d:1m; 1440 states"
            })
    void rulesThatMakeNoSenseAreRefusedWithTheReason(String text, String reason) {
        assertThatThrownBy(() -> RetentionRules.parse(text == null ? "" : text))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.code()).isEqualTo(StoreException.Code.BAD_NAME))
                .hasMessageContaining(reason);
    }

    private static long micros(String time) {
        return Instant.parse(time).toEpochMilli() * 1000;
    }
}
