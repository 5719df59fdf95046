// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A number of bytes as people write it: {@code 10737418240}, {@code 10G}; K, M, G, T and P are powers of 1024.
 *
 * @param bytes the number
 * @param more whether it comes on top of what there is: {@code +1G}
 */
record Size(long bytes, boolean more) {
    private static final Pattern WRITTEN = Pattern.compile("(\\+?)([0-9]{1,18})([KMGTP]?)(i?B)?");
    private static final String UNITS = "KMGTP";

    long onTopOf(long present) {
        return more ? Math.addExact(present, bytes) : bytes;
    }

    /** How picocli reads one. */
    static final class Reader implements ITypeConverter<Size> {
        @Override
        public Size convert(String text) {
            Matcher parts = WRITTEN.matcher(text.toUpperCase(Locale.ROOT).replace("IB", "iB"));
            if (!parts.matches()) {
                throw new TypeConversionException("'" + text + "' is no size: write 10737418240, 10G, or +1G");
            }
            int power = parts.group(3).isEmpty() ? 0 : UNITS.indexOf(parts.group(3)) + 1;
            try {
                long bytes = Math.multiplyExact(Long.parseLong(parts.group(2)), 1L << (10 * power));
                return new Size(bytes, !parts.group(1).isEmpty());
            } catch (ArithmeticException e) {
                throw new TypeConversionException("'" + text + "' is more bytes than can be counted");
            }
        }
    }
}
