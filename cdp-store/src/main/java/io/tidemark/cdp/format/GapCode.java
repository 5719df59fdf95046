// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.format;

import io.tidemark.disk.change.ChangeLog.GapReason;
import java.util.Optional;

/** The reasons of a gap as they stand in FLAGS of a GAP_BEGIN. */
public final class GapCode {
    private GapCode() {}

    public static byte of(GapReason reason) {
        return switch (reason) {
            case START -> 1;
            case RESTART -> 2;
            case DISABLED -> 3;
            case OVERLOAD -> 4;
            case WRITE_ERROR -> 5;
            case STORE_ERROR -> 6;
            case PAUSED -> 7;
        };
    }

    public static Optional<GapReason> reason(byte code) {
        return switch (code) {
            case 1 -> Optional.of(GapReason.START);
            case 2 -> Optional.of(GapReason.RESTART);
            case 3 -> Optional.of(GapReason.DISABLED);
            case 4 -> Optional.of(GapReason.OVERLOAD);
            case 5 -> Optional.of(GapReason.WRITE_ERROR);
            case 6 -> Optional.of(GapReason.STORE_ERROR);
            case 7 -> Optional.of(GapReason.PAUSED);
            default -> Optional.empty();
        };
    }
}
