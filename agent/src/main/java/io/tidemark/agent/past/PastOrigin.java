// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.past;

import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.read.HistoryReader;
import io.tidemark.cdp.read.PastView;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.disk.Extent;
import io.tidemark.filters.overlay.Origin;
import java.lang.foreign.MemorySegment;

/** A disk as it was at a point of its history. */
public final class PastOrigin implements Origin {
    private final StoreName store;
    private final HistoryReader history;
    private final State state;

    private PastOrigin(StoreName store, HistoryReader history, State state) {
        this.store = store;
        this.history = history;
        this.state = state;
    }

    /** @throws io.tidemark.cdp.StoreException if there is no such store, disk or point */
    public static PastOrigin open(StoreName store, String disk, Point at) {
        HistoryReader history = Store.open(store.place()).read(disk);
        try {
            State state = history.resolve(at);
            history.view(state).close();
            history.narrow(state);
            return new PastOrigin(store, history, state);
        } catch (RuntimeException e) {
            history.close();
            throw e;
        }
    }

    /** The state that the point led to. */
    public State state() {
        return state;
    }

    @Override
    public String name() {
        return "past:" + store + "/" + history.history().disk() + "@" + history.nameOf(state);
    }

    @Override
    public long capacity() {
        return history.history().capacity();
    }

    @Override
    public Reader open() {
        return new ViewReader(history.view(state));
    }

    private record ViewReader(PastView view) implements Reader {
        @Override
        public void read(long offset, MemorySegment into) {
            view.read(offset, into);
        }

        @Override
        public Extent extentAt(long offset) {
            return view.extentAt(offset);
        }

        @Override
        public void close() {
            view.close();
        }
    }

    @Override
    public void close() {
        history.close();
    }
}
