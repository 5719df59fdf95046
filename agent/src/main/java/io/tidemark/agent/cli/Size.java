// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.config.Amount;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A size as people give it: {@code 10737418240}, {@code 10G}.
 *
 * @param bytes the number
 * @param more whether it comes on top of what there is: {@code +1G}
 */
record Size(long bytes, boolean more) {
    long onTopOf(long present) {
        // Too much for a long is too much for any disk.
        return more ? present + Math.min(bytes, Long.MAX_VALUE - present) : bytes;
    }

    /** How picocli reads one. */
    static final class Reader implements ITypeConverter<Size> {
        @Override
        public Size convert(String text) {
            boolean more = text.startsWith("+");
            long bytes = Amount.parse(more ? text.substring(1) : text, true)
                    .orElseThrow(() ->
                            new TypeConversionException("'" + text + "' is no size: write 10737418240, 10G, or +1G"));
            return new Size(bytes, more);
        }
    }
}
