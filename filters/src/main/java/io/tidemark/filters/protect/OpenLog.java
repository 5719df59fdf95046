// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.disk.change.ChangeLog;
import java.util.Optional;

/**
 * A history that was opened for writing.
 *
 * @param log where changes go; called by the capture thread
 * @param prior what the history held when it was opened, if it can be read
 * @param fresh whether the history is new and holds nothing
 * @param session which stretch of the history begins
 * @param delivery how it gets to its store
 * @param end closes the history; called once, when the log is not called any more, also after it has failed
 */
public record OpenLog(
        ChangeLog log,
        Optional<PriorContent> prior,
        boolean fresh,
        Session session,
        Delivery delivery,
        AutoCloseable end) {
    /** One that has everything at once, and no sessions: whatever is known of its disk says nothing. */
    public OpenLog(ChangeLog log, Optional<PriorContent> prior, boolean fresh, AutoCloseable end) {
        this(log, prior, fresh, Session.NONE, Delivery.AT_ONCE, end);
    }
}
