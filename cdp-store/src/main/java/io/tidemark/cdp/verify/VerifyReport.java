// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.verify;

import java.util.List;

/** What was found in a store. */
public record VerifyReport(List<DiskReport> disks) {
    public boolean isDamaged() {
        return disks.stream().anyMatch(DiskReport::isDamaged);
    }

    /** How much there was to read, in bytes. */
    public long bytes() {
        return disks.stream().mapToLong(DiskReport::bytes).sum();
    }
}
