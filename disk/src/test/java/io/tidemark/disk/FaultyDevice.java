// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import java.util.ArrayDeque;
import java.util.Queue;

/** Stands before another device and fails requests, or holds them back, by a rule. */
public final class FaultyDevice implements BlockDevice, Completion {
    /** What happens to a request. */
    public enum Fault {
        NONE,
        /** It fails with EIO and has no effect. */
        FAIL,
        /** It has its effect and fails with EIO. */
        FAIL_AFTERWARDS,
        /** It is passed on at {@link #release()} only. */
        HOLD,
        /** It has its effect, but completes at {@link #release()} only. */
        HOLD_COMPLETION
    }

    /** Decides on each request. */
    @FunctionalInterface
    public interface Rule {
        Fault decide(Request request);
    }

    /** -EIO. */
    public static final int EIO = -5;

    private final BlockDevice below;
    private final Rule rule;
    private final Queue<Request> held = new ArrayDeque<>();
    private final Queue<Request> heldCompletions = new ArrayDeque<>();

    public FaultyDevice(BlockDevice below, Rule rule) {
        this.below = below;
        this.rule = rule;
    }

    @Override
    public void submit(Request request) {
        switch (rule.decide(request)) {
            case NONE -> below.submit(request);
            case FAIL -> request.complete(EIO);
            case HOLD -> held.add(request);
            case FAIL_AFTERWARDS -> {
                request.onCompletion(this);
                below.submit(request);
            }
            case HOLD_COMPLETION -> {
                request.onCompletion((done, status) -> heldCompletions.add(done));
                below.submit(request);
            }
        }
    }

    @Override
    public void completed(Request request, int status) {
        request.complete(EIO);
    }

    /** How many requests are held back. */
    public int held() {
        return held.size() + heldCompletions.size();
    }

    /** Lets go of all that is held back, in order. On the loop's thread. */
    public void release() {
        for (int i = held.size(); i > 0; i--) {
            below.submit(held.remove());
        }
        for (int i = heldCompletions.size(); i > 0; i--) {
            heldCompletions.remove().complete(0);
        }
    }
}
