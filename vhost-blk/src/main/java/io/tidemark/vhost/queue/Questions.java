// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What other threads ask of a loop: posted to its mailbox, and answered whatever happens; also if it throws, or the loop has
 * ended.
 */
final class Questions {
    private static final Logger LOG = LoggerFactory.getLogger(Questions.class);

    private final String loop;
    private final Mailbox mailbox;
    private volatile boolean ended;

    /** @param loop its name, for people */
    Questions(String loop, Mailbox mailbox) {
        this.loop = loop;
        this.mailbox = mailbox;
    }

    private record Question<T>(Consumer<CompletableFuture<T>> message, CompletableFuture<T> answer)
            implements Runnable {
        @Override
        public void run() {
            try {
                message.accept(answer);
            } catch (RuntimeException | Error e) {
                answer.completeExceptionally(e);
            }
        }
    }

    /** @param message runs on the loop's thread, and sees to it that the future it gets is answered */
    <T> CompletableFuture<T> ask(Consumer<CompletableFuture<T>> message) {
        Question<T> question = new Question<>(message, new CompletableFuture<>());
        mailbox.post(question);
        if (isLeftOver(question)) {
            question.answer.completeExceptionally(hasEnded());
        }
        return question.answer;
    }

    /** The answer is that it was done. */
    CompletableFuture<Void> tell(Runnable message) {
        return ask(answer -> {
            message.run();
            answer.complete(null);
        });
    }

    /** @throws RejectedExecutionException when the loop has ended */
    void execute(Runnable task) {
        mailbox.post(task);
        if (isLeftOver(task)) {
            throw new RejectedExecutionException(loop + " has ended");
        }
    }

    /** Either the loop has taken it by now, or it is still there and never will be taken. */
    private boolean isLeftOver(Runnable message) {
        return ended && mailbox.remove(message);
    }

    /** The loop's last act: tasks that were accepted run; who waits for an answer is told. Who comes later finds that it has ended. */
    void end() {
        ended = true;
        for (Runnable message = mailbox.poll(); message != null; message = mailbox.poll()) {
            if (message instanceof Question<?> question) {
                question.answer.completeExceptionally(hasEnded());
            } else {
                runLast(message);
            }
        }
    }

    private void runLast(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.error("{}: a task at the loop's end", loop, e);
        }
    }

    IllegalStateException hasEnded() {
        return new IllegalStateException(loop + " has ended");
    }
}
