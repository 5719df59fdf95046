// SPDX-License-Identifier: Apache-2.0
/** Makes the layers of a history out of its log (docs/history.md, "Finding a point"). */
package io.tidemark.cdp.index;
