// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.filters.FilterException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waits for answers on the protection thread, and throws what went wrong as it was thrown. */
final class Waiting {
    private Waiting() {}

    static <T> T on(CompletableFuture<T> answer) throws InterruptedException {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                default ->
                    throw new FilterException(
                            FilterException.Code.NOT_RECORDING, "protection: " + e.getCause(), e.getCause());
            }
        }
    }
}
