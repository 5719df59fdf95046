// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.disk.change.ChangeLog;
import java.time.Duration;

/**
 * A mark that a log has been told of, which is asked to make it durable without delay.
 *
 * @param time of the mark, in microseconds since 1970
 * @param write the write number that it names
 * @param log which log
 * @param told its place in that: durable when that is, see {@link ChangeLog#isDurable}
 */
public record Mark(long time, long write, ChangeLog log, long told) {
    /** By the caller of the log. */
    public static Mark set(ChangeLog log, long time, String name) {
        long write = log.mark(time, name);
        log.commit();
        return new Mark(time, write, log, log.told());
    }

    /**
     * Waits until the mark will be there whatever happens. From any thread that may wait.
     *
     * @return whether it came to that in time
     * @throws RuntimeException the log's, if it has failed or ended before: the mark may be lost
     */
    public boolean awaitDurable(Duration limit) throws InterruptedException {
        return log.awaitTold(told, limit);
    }
}
