// SPDX-License-Identifier: Apache-2.0
/**
 * The catalogue: what a history consists of (docs/history.md, "Words"; store-format.md, "Catalogue"). Replaced as a whole, by the one
 * thread that keeps a history; read by anybody.
 */
package io.tidemark.cdp.catalogue;
