// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.trial;

import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.protocol.FrontendRequest;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** Whether a backend still answers. */
public final class Health {
    private static final long LIMIT_MS = 5_000;

    private Health() {}

    public static boolean answers(Path socket) {
        AtomicBoolean answered = new AtomicBoolean();
        Trial trial = new Trial(socket);
        Thread thread = Thread.ofPlatform().daemon().start(() -> {
            try (trial) {
                Frontend frontend = trial.connect();
                frontend.getU64(FrontendRequest.GET_FEATURES);
                answered.set(true);
            } catch (RuntimeException e) {
                answered.set(false);
            }
        });
        try {
            thread.join(LIMIT_MS);
            trial.interrupt();
            thread.join(LIMIT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return answered.get();
    }
}
