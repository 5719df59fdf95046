// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

/**
 * A length that the container has had.
 *
 * @param at from when on
 * @param firm from when on no power cut could bring a former one back
 */
record FileLength(int length, int at, int firm) {}
