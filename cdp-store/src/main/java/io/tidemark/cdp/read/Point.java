// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.Micros;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.regex.Pattern;

/** A place in a history, as a user names it. */
public sealed interface Point {
    /** @param micros since 1970 */
    record Time(long micros) implements Point {
        @Override
        public String toString() {
            return Micros.text(micros);
        }
    }

    record WriteNumber(long number) implements Point {
        @Override
        public String toString() {
            return "write:" + number;
        }
    }

    record Mark(String name) implements Point {
        @Override
        public String toString() {
            return "mark:" + name;
        }
    }

    /** The newest restorable state. */
    record Latest() implements Point {
        @Override
        public String toString() {
            return "latest";
        }
    }

    /**
     * The last flush of the guest at or before another point: what a power cut right after it would have left at least.
     *
     * @param before no flush itself
     */
    record Flush(Point before) implements Point {
        @Override
        public String toString() {
            return "flush:" + before;
        }
    }

    Pattern AGO = Pattern.compile("([0-9]{1,9})(?:\\.([0-9]{1,6}))?(us|ms|s|min|m|h|d) ago");
    Pattern WRITE = Pattern.compile("write:([0-9]{1,18})");

    /**
     * Reads {@code 2026-11-23T09:00:00.25Z} (without zone: the machine's own), {@code 5s ago} (us, ms, s, m or min, h, d),
     * {@code write:123}, {@code mark:NAME}, {@code latest}, or one of these behind {@code flush:}.
     */
    static Point parse(String text, Instant now) {
        if (text.equals("latest")) {
            return new Latest();
        }
        if (text.startsWith("flush:") && !text.startsWith("flush:", 6)) {
            return new Flush(parse(text.substring(6), now));
        }
        if (text.startsWith("mark:") && text.length() > 5) {
            return new Mark(text.substring(5));
        }
        var write = WRITE.matcher(text);
        if (write.matches()) {
            return new WriteNumber(Long.parseLong(write.group(1)));
        }
        var ago = AGO.matcher(text);
        try {
            return new Time(Micros.of(
                    ago.matches() ? now.minus(duration(ago.group(1), ago.group(2), ago.group(3))) : time(text)));
        } catch (DateTimeException | ArithmeticException e) {
            throw new StoreException(
                    Code.BAD_NAME,
                    "point \"" + text
                            + "\" is not understood: write a time as 2026-11-23T09:00:00.25Z, 5s ago, write:123,"
                            + " mark:NAME, latest, or flush: and one of these",
                    e);
        }
    }

    private static Duration duration(String whole, String fraction, String unit) {
        var one = switch (unit) {
            case "us" -> ChronoUnit.MICROS;
            case "ms" -> ChronoUnit.MILLIS;
            case "s" -> ChronoUnit.SECONDS;
            case "m", "min" -> ChronoUnit.MINUTES;
            case "h" -> ChronoUnit.HOURS;
            default -> ChronoUnit.DAYS;
        };
        var duration = Duration.of(Long.parseLong(whole), one);
        if (fraction == null) {
            return duration;
        }
        long millionths = Long.parseLong((fraction + "000000").substring(0, 6));
        return duration.plus(one.getDuration().multipliedBy(millionths).dividedBy(1_000_000));
    }

    private static Instant time(String text) {
        boolean zoned = text.endsWith("Z") || text.lastIndexOf('+') > 10 || text.lastIndexOf('-') > 10;
        return zoned
                ? OffsetDateTime.parse(text).toInstant()
                : LocalDateTime.parse(text).atZone(ZoneId.systemDefault()).toInstant();
    }
}
