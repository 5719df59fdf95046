// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of requests or bytes as people write it: {@code 2000}, {@code 20K}, {@code 100M}. */
public final class Amount {
    private static final Pattern FORM = Pattern.compile("(\\d{1,18})([KMGT]?)");
    private static final String UNITS = "KMGT";

    private Amount() {}

    /**
     * Empty, if the text is no amount or one that no long can hold.
     *
     * @param bytes whether K, M, G and T are powers of 1024, not of 1000
     */
    public static OptionalLong parse(String text, boolean bytes) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            return OptionalLong.empty();
        }
        int power = form.group(2).isEmpty() ? 0 : UNITS.indexOf(form.group(2)) + 1;
        try {
            long amount = Long.parseLong(form.group(1));
            for (int i = 0; i < power; i++) {
                amount = Math.multiplyExact(amount, bytes ? 1024 : 1000);
            }
            return OptionalLong.of(amount);
        } catch (ArithmeticException e) {
            return OptionalLong.empty();
        }
    }
}
