// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A place in a history, as a user names it. */
public sealed interface Point {
    /** The state after the write with that number; 0 is the state before the first. */
    record AtWrite(long number) implements Point {}

    /** The state after the last write that completed at that time or before it. */
    record AtTime(Instant time) implements Point {}

    /** The state that has that name. */
    record AtMark(String name) implements Point {}

    /** The last state that can be restored. */
    record Latest() implements Point {}

    Pattern AGO = Pattern.compile("(\\d+(?:\\.\\d{1,6})?) ?(us|ms|s|min|h|d) ago");

    /**
     * Reads {@code write:123}, {@code mark:NAME}, {@code latest}, {@code 5s ago} (us, ms, s, min, h, d), or an ISO-8601 time,
     * with a fraction or without; a time without a zone is in the given one.
     *
     * @throws AgentException USAGE
     */
    static Point parse(String text, Instant now, ZoneId zone) {
        if (text.equals("latest")) {
            return new Latest();
        }
        if (text.startsWith("write:")) {
            try {
                return new AtWrite(Long.parseUnsignedLong(text, "write:".length(), text.length(), 10));
            } catch (NumberFormatException e) {
                throw unreadable(text);
            }
        }
        if (text.startsWith("mark:") && text.length() > "mark:".length()) {
            return new AtMark(text.substring("mark:".length()));
        }
        Matcher ago = AGO.matcher(text);
        try {
            if (ago.matches()) {
                return new AtTime(now.minus(age(Double.parseDouble(ago.group(1)), ago.group(2))));
            }
            TemporalAccessor time = DateTimeFormatter.ISO_DATE_TIME.parseBest(
                    text.replace(' ', 'T'), OffsetDateTime::from, LocalDateTime::from);
            return new AtTime(
                    time instanceof OffsetDateTime fixed
                            ? fixed.toInstant()
                            : LocalDateTime.from(time).atZone(zone).toInstant());
        } catch (DateTimeException | ArithmeticException e) {
            throw unreadable(text);
        }
    }

    private static Duration age(double count, String unit) {
        double micros = switch (unit) {
            case "us" -> 1;
            case "ms" -> 1e3;
            case "s" -> 1e6;
            case "min" -> 60e6;
            case "h" -> 3600e6;
            default -> 86400e6;
        };
        return Duration.ofNanos(Math.multiplyExact(Math.round(count * micros), 1000L));
    }

    private static AgentException unreadable(String text) {
        return new AgentException(
                Code.USAGE,
                "point \"" + text + "\"",
                "it is of no known form",
                "write a time such as 2026-01-31T12:00:00.250Z, \"5s ago\", write:123, mark:NAME or latest");
    }
}
