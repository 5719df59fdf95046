// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.History;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.layer.LayerException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/**
 * What a keeper is asked for, in order, and who waits for it. By any thread; one thread carries the orders out, and takes a round of its own
 * accord when one is due.
 */
final class Orders {
    /** The time between two rounds in which nothing else happens. */
    private static final long INTERVAL = TimeUnit.SECONDS.toNanos(10);

    /** The time before something that was asked for is tried again. */
    private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

    private static final long PATIENCE = TimeUnit.SECONDS.toMillis(120);

    /** Something for the keeper's thread to do. */
    interface Task {
        void run(HistoryKeeping keeping) throws IOException;
    }

    /** @param brief done between two steps of a round, too */
    record Order(Task task, boolean brief) {}

    /** Something that somebody waits for. */
    interface Question<T> {
        T answer(HistoryKeeping keeping) throws IOException;
    }

    private final History history;
    private final Supplier<Optional<StoreException>> failure;
    private final Runnable given;
    private final Deque<Order> asked = new ArrayDeque<>();
    /** What others wait for. */
    private final Set<CompletableFuture<?>> answers = ConcurrentHashMap.newKeySet();
    /** Whether a brief order has been given that wasn't taken yet. */
    private volatile boolean briefly;

    private boolean due = true;
    private boolean pausing;
    private volatile boolean closed;

    /**
     * @param failure why nothing that was asked for has been done of late, for who has waited in vain
     * @param given called when there is another one
     */
    Orders(History history, Supplier<Optional<StoreException>> failure, Runnable given) {
        this.history = history;
        this.failure = failure;
        this.given = given;
    }

    /** Has a round be taken soon. */
    synchronized void due() {
        due = true;
        notifyAll();
    }

    synchronized void add(Order order) {
        asked.add(order);
        briefly |= order.brief();
        notifyAll();
        given.run();
    }

    /** Has something that could not be done be done first, after a pause. */
    synchronized void again(Order order) {
        asked.addFirst(order);
        briefly |= order.brief();
        pausing = true;
    }

    boolean isClosed() {
        return closed;
    }

    /** Whether there may be something that is done between two steps of a round. */
    boolean hasBrief() {
        return briefly && !closed;
    }

    synchronized Optional<Order> pollBrief() {
        var first = asked.stream().filter(Order::brief).findFirst();
        first.ifPresent(asked::remove);
        briefly = asked.stream().anyMatch(Order::brief);
        return first;
    }

    /** The next thing to do; null when it is time to end. */
    synchronized Order await(Task round) {
        long end = System.nanoTime() + (pausing ? PAUSE : INTERVAL);
        try {
            while (!closed) {
                long left = end - System.nanoTime();
                pausing &= left > 0;
                if (!pausing && !asked.isEmpty()) {
                    var order = asked.poll();
                    briefly = asked.stream().anyMatch(Order::brief);
                    return order;
                }
                if (!pausing && (due || left <= 0)) {
                    due = false;
                    return new Order(round, false);
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException _) {
            closed = true;
        }
        return null;
    }

    /** Whether somebody waits for an answer. */
    boolean isAsked() {
        return !answers.isEmpty();
    }

    /** Waits for the answer, but not for ever. @param brief as of an {@link Order} */
    <T> T ask(boolean brief, Question<T> question) {
        var answer = new CompletableFuture<T>();
        synchronized (this) {
            if (closed) {
                throw closing();
            }
            answers.add(answer);
            add(new Order(keeping -> answer(question, keeping, answer), brief));
        }
        try {
            return answer.get(PATIENCE, TimeUnit.MILLISECONDS);
        } catch (TimeoutException _) {
            var reason = failure.get();
            throw new StoreException(
                    Code.IO,
                    "history of " + history.disk() + ": "
                            + reason.map(StoreException::getMessage).orElse("its keeper has been busy for two minutes")
                            + "; what was asked for is done later, unless the store stays as it is",
                    reason.orElse(null));
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case IOException io -> StoreException.of("history of " + history.disk(), io);
                case LayerException layer -> layer.asDamage();
                case StoreException known -> new StoreException(known.code(), known.getMessage(), known);
                default -> new IllegalStateException(e.getCause());
            };
        } catch (CancellationException _) {
            throw closing();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw closing();
        } finally {
            answers.remove(answer);
        }
    }

    private static <T> void answer(Question<T> question, HistoryKeeping keeping, CompletableFuture<T> answer)
            throws IOException {
        try {
            answer.complete(question.answer(keeping));
        } catch (IOException | RuntimeException | Error e) {
            answer.completeExceptionally(e);
            if (!isRefusal(e)) {
                throw e;
            }
        }
    }

    /** Whether it was asked for what can't be: no failure of the keeper. */
    private static boolean isRefusal(Throwable thrown) {
        return thrown instanceof StoreException e && (e.code() == Code.BAD_NAME || e.code() == Code.BEYOND);
    }

    private StoreException closing() {
        return new StoreException(
                Code.IO, "history of " + history.disk() + ": is being closed: ask again when it is open");
    }

    /** Nothing more is taken. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    /** Whoever still waits does so in vain; when nobody carries orders out any more. */
    void refuseRest() {
        answers.forEach(answer -> answer.cancel(false));
    }
}
