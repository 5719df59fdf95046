// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import java.util.List;

/**
 * What a restore has done.
 *
 * @param bytes of content written
 * @param missing what was damaged in the store, and so was not written; empty if all is restored
 */
public record RestoreResult(long bytes, List<Missing> missing) {}
