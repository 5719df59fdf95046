// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A number of requests or bytes as people write it: {@code 2000}, {@code 100M} (a hundred million), {@code 1Gi}. */
final class Amount {
    private static final Pattern FORM = Pattern.compile("(\\d{1,18})([KMGT]?)(i?)");
    private static final Map<String, Integer> POWERS = Map.of("", 0, "K", 1, "M", 2, "G", 3, "T", 4);

    private Amount() {}

    /** Empty, if the text is no amount or one that no long can hold. */
    static OptionalLong parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches() || (form.group(2).isEmpty() && !form.group(3).isEmpty())) {
            return OptionalLong.empty();
        }
        long unit = form.group(3).isEmpty() ? 1000 : 1024;
        try {
            long amount = Long.parseLong(form.group(1));
            for (int i = POWERS.get(form.group(2)); i > 0; i--) {
                amount = Math.multiplyExact(amount, unit);
            }
            return OptionalLong.of(amount);
        } catch (ArithmeticException e) {
            return OptionalLong.empty();
        }
    }
}
