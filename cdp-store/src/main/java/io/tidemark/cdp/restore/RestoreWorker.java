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
    /**
     * Extents of a window, {@code to} excluded.
     *
     * @param gathers whether these are scattered ones, by their ranks, to be spilled
     */
    record Task(Window window, int from, int to, boolean gathers) {}

    /** Nothing more comes. */
    static final Task END = new Task(null, 0, 0, false);

    /** What is longer than this is written at once, wherever it lies. */
    private static final int LONGEST_SPILLED = 64 << 10;

    private final Restore restore;
    private final Supplier<PastView> views;
    private final RestoreTarget target;
    private final Spill spill;
    private final BlockingQueue<Task> tasks;

    private PastView view;
    private RestoreTarget.Lane lane;
    private List<Missing> broken;

    // Of the piece that is being put together.
    private long pieceOffset;
    private int pieceLength;

    RestoreWorker(
            Restore restore, Supplier<PastView> views, RestoreTarget target, Spill spill, BlockingQueue<Task> tasks) {
        this.restore = restore;
        this.views = views;
        this.target = target;
        this.spill = spill;
        this.tasks = tasks;
    }

    @Override
    public void run() {
        try (var past = views.get();
                var way = target.open();
                var gathering = new Gathering(spill, way)) {
            view = past;
            lane = way;
            for (var task = tasks.take(); task != END && !restore.isFailed(); task = tasks.take()) {
                broken = new ArrayList<>();
                if (task.gathers()) {
                    gather(task, gathering);
                } else {
                    restore(task);
                }
                if (!restore.isFailed()) {
                    lane.drain();
                    if (task.gathers()) {
                        restore.gathered();
                    } else {
                        restore.done(task, broken);
                    }
                }
            }
        } catch (InterruptedException e) {
            restore.failed(new StoreException(Code.IO, "restore: interrupted", e));
        } catch (RuntimeException | Error e) {
            restore.failed(e);
        }
    }

    private void gather(Task task, Gathering gathering) {
        gathering.begin(task.window());
        for (int rank = task.from(); rank < task.to() && !restore.isFailed(); rank++) {
            int i = task.window().scattered(rank);
            int length = (int) Math.min(task.window().length(i), Integer.MAX_VALUE);
            if (length > LONGEST_SPILLED) {
                int before = broken.size();
                restore(task.window(), i);
                submit();
                if (broken.size() == before) {
                    task.window().written(i);
                }
            } else if (read(task.window(), i, task.window().offset(i), gathering.room(length))) {
                gathering.add(i);
            }
            // What is damaged is found once more, and told, when the disk's order comes by it.
        }
        gathering.flush();
    }

    private void restore(Task task) {
        for (int i = task.from(); i < task.to() && !restore.isFailed(); i++) {
            if (!task.window().isWritten(i)) {
                restore(task.window(), i);
            }
        }
        submit();
    }

    private void restore(Window window, int i) {
        long end = window.offset(i) + window.length(i);
        for (long at = window.offset(i); at < end; ) {
            int length = (int) Math.min(end - at, RestoreTarget.PIECE);
            if (at == pieceOffset + pieceLength) {
                length = Math.min(length, RestoreTarget.PIECE - pieceLength);
            }
            if (at != pieceOffset + pieceLength || length == 0) {
                submit();
                pieceOffset = at;
                continue;
            }
            if (read(window, i, at, lane.buffer().asSlice(pieceLength, length))) {
                pieceLength += length;
            } else {
                submit();
                pieceOffset = at + length;
            }
            at += length;
        }
    }

    private boolean read(Window window, int i, long at, MemorySegment into) {
        try {
            if (window.isSpilled(i)) {
                spill.read(window.spillPlace(i) + at - window.offset(i), into);
            } else {
                view.read(at, into);
            }
            return true;
        } catch (StoreException e) {
            if (e.code() != Code.DAMAGED) {
                throw e;
            }
            broken.add(new Missing(at, into.byteSize(), e.getMessage()));
            return false;
        }
    }

    private void submit() {
        if (pieceLength > 0) {
            lane.write(pieceOffset, pieceLength);
            pieceOffset += pieceLength;
            pieceLength = 0;
        }
    }
}
