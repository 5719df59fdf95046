// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.layer.Layer;
import java.io.IOException;

/** Gives the net effect of a part of the log that has no layer of its own. */
@FunctionalInterface
interface LogPart {
    /**
     * @param from how many records lie before it; the begin of a log segment
     * @param to how many up to its last; in the same segment
     * @param after so many of them are told elsewhere, and need not be told again
     */
    Layer of(long from, long to, long after) throws IOException;
}
