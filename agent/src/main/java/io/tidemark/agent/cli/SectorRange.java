// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Sectors of 512 bytes, as guests count them.
 *
 * @param offset in bytes
 * @param length in bytes
 */
record SectorRange(long offset, long length) {
    private static final int SECTOR = 512;

    /** {@code FIRST}, {@code FIRST-LAST} or {@code FIRST+COUNT}. */
    static final class Reader implements ITypeConverter<SectorRange> {
        private static final Pattern FORM = Pattern.compile("(\\d{1,13})(?:([+-])(\\d{1,13}))?");

        @Override
        public SectorRange convert(String text) {
            var form = FORM.matcher(text);
            if (form.matches()) {
                long first = Long.parseLong(form.group(1));
                long count = form.group(2) == null
                        ? 1
                        : form.group(2).equals("+")
                                ? Long.parseLong(form.group(3))
                                : Long.parseLong(form.group(3)) - first + 1;
                if (count > 0) {
                    return new SectorRange(first * SECTOR, count * SECTOR);
                }
            }
            throw new TypeConversionException(
                    "'" + text + "' is no range of sectors: write 2048, 2048-4095, or 2048+8");
        }
    }
}
