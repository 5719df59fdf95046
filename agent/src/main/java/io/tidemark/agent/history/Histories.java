// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.cdp.StoreName;
import java.util.function.Supplier;

/** What the command line does with the histories in a store. It needs no running agent, and disturbs none. */
public interface Histories {
    /** @throws io.tidemark.agent.AgentException NOT_FOUND for a store or disk that isn't there, IO */
    HistoryReport history(StoreName store, String disk);

    /** The guest's flushes, at most so many: the newest. */
    FlushReport flushes(Stretch stretch, int limit);

    /** What touched a range, in bytes: the newest first, at most so many. */
    BlameReport blame(Stretch stretch, long offset, long length, int limit);

    /** Which extents were changed. @param exact whether content is compared */
    void changed(Stretch stretch, boolean exact, ChangedReport.Sink sink);

    /**
     * Writes the disk's content at a point to an image.
     *
     * @throws io.tidemark.agent.AgentException NOT_FOUND for a disk or point that isn't there, REFUSED if the point lies
     *     in a gap or if the image exists, IN_USE, IO
     */
    RestoreReport restore(RestoreOrder order, Progress progress);

    /**
     * Brings a disk back in place, that no agent serves: first its image is compared with its history, then restored.
     *
     * @param order names the disk's own image
     * @param restoring asked for when the comparison is done
     */
    RestoreStatus restoreInPlace(RestoreOrder order, Progress comparing, Supplier<Progress> restoring);

    /** Reads everything in the store. Damage is reported, not thrown. */
    VerifyReport verify(StoreName store, Progress progress);
}
