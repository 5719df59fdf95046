// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.PastView;
import io.tidemark.filters.protect.PriorContent;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a history held when it was opened, for finding what has changed on the disk since. */
final class RecordedContent implements PriorContent {
    private static final Logger LOG = LoggerFactory.getLogger(RecordedContent.class);

    private final Supplier<HistoryReader> opener;
    private HistoryReader reader;
    private PastView view;
    private boolean usable = true;

    /** @param opener asked when something is read first: then the store has all that the history held */
    RecordedContent(Supplier<HistoryReader> opener) {
        this.opener = opener;
    }

    @Override
    public boolean read(long offset, MemorySegment into) {
        if (!usable) {
            return false;
        }
        try {
            if (reader == null) {
                reader = opener.get();
                view = reader.view(reader.end());
                reader.narrow(reader.end());
            }
            view.read(offset, into);
            return true;
        } catch (StoreException e) {
            // Damage in the past must not end the present: what can't be compared is recorded anew.
            LOG.warn("{}; the disk's content is recorded again", e.getMessage());
            usable = false;
            return false;
        }
    }

    @Override
    public void release() {
        usable = false;
        if (view != null) {
            view.close();
            view = null;
        }
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }
}
