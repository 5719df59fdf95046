// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Spans of time as people write them, {@code 90s}, {@code 12h}, {@code 3d}, in microseconds. */
final class Period {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(w|d|h|m|s|us)");
    private static final List<String> UNITS = List.of("w", "d", "h", "m", "s", "us");
    private static final long[] MICROS = {604_800_000_000L, 86_400_000_000L, 3_600_000_000L, 60_000_000L, 1_000_000L, 1
    };

    /** A thousand years. */
    private static final long LONGEST = 52_000 * MICROS[0];

    private Period() {}

    /** Empty if the text is no span of time, none at all, or longer than a thousand years. */
    static OptionalLong parse(String text) {
        var form = FORM.matcher(text);
        if (!form.matches()) {
            return OptionalLong.empty();
        }
        long unit = MICROS[UNITS.indexOf(form.group(2))];
        long count = Long.parseLong(form.group(1));
        return count == 0 || count > LONGEST / unit ? OptionalLong.empty() : OptionalLong.of(count * unit);
    }

    /** In the largest unit that gives a whole number. */
    static String text(long micros) {
        int unit = 1; // a week is nothing that people expect to read where they wrote days
        while (micros % MICROS[unit] != 0) {
            unit++;
        }
        return micros / MICROS[unit] + UNITS.get(unit);
    }
}
