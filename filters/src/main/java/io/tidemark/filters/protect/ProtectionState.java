// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

/** How far a disk is protected. Changed by the protection thread only. */
public enum ProtectionState {
    /** Nothing is recorded, by wish. */
    OFF,
    /** Changes are recorded; what the history misses is being read from the disk. A gap is open. */
    SYNCING,
    /** Every change is recorded; every state is exact. */
    PROTECTED,
    /** Changes are not recorded, only their places remembered. A gap is open. */
    DEGRADED,
    /** As DEGRADED, by wish: until protection is enabled or disabled. */
    PAUSED,
    /** The history can't be written; tried again after a pause. */
    FAILED
}
