// SPDX-License-Identifier: Apache-2.0
/**
 * Layers: the net effect of a part of a history's log, as extents by offset. Laid over each other, the newest on top, they show the
 * disk as it was (docs/history.md, "Finding a point"; store-format.md, "Layer").
 */
package io.tidemark.cdp.layer;
