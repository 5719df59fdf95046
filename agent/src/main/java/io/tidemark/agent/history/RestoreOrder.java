// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.read.Point;

/**
 * What to restore, and where to.
 *
 * @param asked the point as the user named it
 * @param image the target, or the image of a disk that is restored in place
 * @param force whether an image that exists may be overwritten
 */
public record RestoreOrder(StoreName store, String disk, Point at, String asked, String image, boolean force) {}
