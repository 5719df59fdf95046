// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.read.Point;
import java.util.Optional;

/**
 * A stretch of a disk's history.
 *
 * @param from empty for its beginning
 * @param to empty for its newest restorable state
 */
public record Stretch(StoreName store, String disk, Optional<Point> from, Optional<Point> to) {}
