// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.format;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Times in microseconds since 1970. */
public final class Micros {
    private Micros() {}

    public static long of(Instant time) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, time);
    }

    public static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    public static String text(long micros) {
        return instant(micros).toString();
    }
}
