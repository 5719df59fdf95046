// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** At most how many are listed: one or more. */
final class Limit implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
        try {
            int limit = Integer.parseInt(text);
            if (limit > 0) {
                return limit;
            }
        } catch (NumberFormatException _) {
            // Told below.
        }
        throw new TypeConversionException("'" + text + "' is no limit: write a number from 1 on");
    }
}
