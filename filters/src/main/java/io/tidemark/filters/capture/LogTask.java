// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.disk.change.ChangeLog;
import io.tidemark.filters.FilterException;

/** Something to do with the log between two changes, on the capture thread. Exactly one of its methods is called, once. */
public interface LogTask {
    /** @param time when the task was posted, in microseconds since 1970, not before any earlier change */
    void run(ChangeLog log, long time);

    /** The log has failed, or capture has ended. */
    void dropped(FilterException why);
}
