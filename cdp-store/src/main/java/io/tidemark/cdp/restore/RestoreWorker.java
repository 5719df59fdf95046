// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.read.PastView;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.function.Supplier;

/** Reads tasks' extents from the store and writes them: the thread {@code restore-N}. */
final class RestoreWorker implements Runnable {
    /** Extents of a window, {@code to} excluded. */
    record Task(Window window, int from, int to) {}

    /** Nothing more comes. */
    static final Task END = new Task(null, 0, 0);

    private final Restore restore;
    private final Supplier<PastView> views;
    private final RestoreTarget target;
    private final BlockingQueue<Task> tasks;

    // Of the piece that is being put together.
    private long pieceOffset;
    private int pieceLength;

    RestoreWorker(Restore restore, Supplier<PastView> views, RestoreTarget target, BlockingQueue<Task> tasks) {
        this.restore = restore;
        this.views = views;
        this.target = target;
        this.tasks = tasks;
    }

    @Override
    public void run() {
        try (var view = views.get();
                var lane = target.open()) {
            for (var task = tasks.take(); task != END && !restore.isFailed(); task = tasks.take()) {
                var broken = new ArrayList<Missing>();
                restore(task, view, lane, broken);
                if (!restore.isFailed()) {
                    lane.drain();
                    restore.done(task, broken);
                }
            }
        } catch (InterruptedException e) {
            restore.failed(new StoreException(Code.IO, "restore: interrupted", e));
        } catch (RuntimeException | Error e) {
            restore.failed(e);
        }
    }

    private void restore(Task task, PastView view, RestoreTarget.Lane lane, List<Missing> broken) {
        for (int i = task.from(); i < task.to() && !restore.isFailed(); i++) {
            long end = task.window().offset(i) + task.window().length(i);
            for (long at = task.window().offset(i); at < end; ) {
                int length = (int) Math.min(end - at, RestoreTarget.PIECE);
                if (at != pieceOffset + pieceLength || pieceLength + length > RestoreTarget.PIECE) {
                    submit(lane);
                    pieceOffset = at;
                }
                if (read(view, at, lane.buffer().asSlice(pieceLength, length), broken)) {
                    pieceLength += length;
                } else {
                    submit(lane);
                }
                at += length;
            }
        }
        submit(lane);
    }

    private static boolean read(PastView view, long at, MemorySegment into, List<Missing> broken) {
        try {
            view.read(at, into);
            return true;
        } catch (StoreException e) {
            if (e.code() != Code.DAMAGED) {
                throw e;
            }
            broken.add(new Missing(at, into.byteSize(), e.getMessage()));
            return false;
        }
    }

    private void submit(RestoreTarget.Lane lane) {
        if (pieceLength > 0) {
            lane.write(pieceOffset, pieceLength);
            pieceLength = 0;
        }
    }
}
