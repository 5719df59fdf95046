// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.read.Point;
import java.util.List;
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

    /** Whether somebody writes the history now. */
    boolean isWritten(StoreName store, String disk);

    /**
     * Sets what is kept of a history that nobody writes, and takes away what goes by that.
     *
     * @param preview whether it is only said what would go
     * @throws io.tidemark.agent.AgentException IN_USE if somebody writes it, NOT_FOUND, USAGE, IO
     */
    RetentionReport retain(StoreName store, String disk, RetentionOrder order, boolean preview);

    /**
     * Brings a disk back in place, that no agent serves: first its image is compared with its history, then restored.
     *
     * @param order names the disk's own image
     * @param restoring asked for when the comparison is done
     */
    RestoreStatus restoreInPlace(RestoreOrder order, Progress comparing, Supplier<Progress> restoring);

    /** Reads everything in the store. Damage is reported, not thrown. */
    VerifyReport verify(StoreName store, Progress progress);

    /**
     * Copies a whole history into another store, which is made if it isn't there. What an interrupted run has copied is kept.
     *
     * @throws io.tidemark.agent.AgentException IN_USE if that store has a history of the disk, FAILED if something is damaged
     */
    ExportReport export(StoreName from, String disk, StoreName to, Progress progress);

    /** Copies one state, as the beginning of a history. */
    ExportReport export(StoreName from, String disk, Point point, StoreName to, Progress progress);

    /** Finds what of a damaged history is still there: at these points, or at the last one of each interval. */
    SalvageReport salvage(StoreName store, String disk, List<Point> points, Progress progress);

    /**
     * Writes the identity files of a history and its store anew, where they are lost: as the segments have it.
     *
     * @throws io.tidemark.agent.AgentException IN_USE while somebody writes the history, NOT_FOUND if no segment tells anything
     */
    void renewIdentity(StoreName store, String disk);
}
