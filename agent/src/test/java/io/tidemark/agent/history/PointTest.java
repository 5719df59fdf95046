// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.AgentException;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PointTest {
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");

    @Test
    void writesMarksAndLatest() {
        assertThat(parse("write:123")).isEqualTo(new Point.AtWrite(123));
        assertThat(parse("mark:before upgrade")).isEqualTo(new Point.AtMark("before upgrade"));
        assertThat(parse("latest")).isEqualTo(new Point.Latest());
    }

    @ParameterizedTest
    @CsvSource({
        "5s ago, 2026-01-31T11:59:55Z",
        "5 s ago, 2026-01-31T11:59:55Z",
        "1.5s ago, 2026-01-31T11:59:58.500Z",
        "250ms ago, 2026-01-31T11:59:59.750Z",
        "3us ago, 2026-01-31T11:59:59.999997Z",
        "2min ago, 2026-01-31T11:58:00Z",
        "1h ago, 2026-01-31T11:00:00Z",
        "1d ago, 2026-01-30T12:00:00Z",
        "2026-01-31T10:00:00.250001Z, 2026-01-31T10:00:00.250001Z",
        "2026-01-31T10:00:00+02:00, 2026-01-31T08:00:00Z",
        "2026-01-31T10:00:00.5, 2026-01-31T09:00:00.500Z",
        "2026-01-31 10:00, 2026-01-31T09:00:00Z"
    })
    void times(String text, Instant time) {
        assertThat(parse(text)).isEqualTo(new Point.AtTime(time));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "now",
                "write:",
                "write:-1",
                "write:1x",
                "mark:",
                "5 ago",
                "5 weeks ago",
                "-5s ago",
                "2026-13-01T00:00:00Z",
                "99999999999999999999d ago",
                "yesterday"
            })
    void everythingElseIsAUsageError(String text) {
        assertThatThrownBy(() -> parse(text))
                .isInstanceOfSatisfying(
                        AgentException.class, e -> assertThat(e.code()).isEqualTo(AgentException.Code.USAGE))
                .hasMessageContaining("write a time such as");
    }

    private static Point parse(String text) {
        return Point.parse(text, NOW, ZoneId.of("Europe/Berlin"));
    }
}
