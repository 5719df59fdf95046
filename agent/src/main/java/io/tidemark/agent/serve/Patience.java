// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.disk.ImageException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for an image that may still be locked for a moment: what an agent that was killed has written is on its way to the
 * device, and must end before it is done again; or an agent elsewhere is about to let a guest go.
 */
final class Patience {
    private static final Logger LOG = LoggerFactory.getLogger(Patience.class);
    private static final long SECONDS = 5;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private Patience() {}

    /** @throws ImageException with IN_USE when somebody has the image after some seconds too */
    static <T> T whileInUse(String image, Supplier<T> attempt) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        boolean said = false;
        while (true) {
            try {
                return attempt.get();
            } catch (ImageException e) {
                if (e.code() != ImageException.Code.IN_USE || System.nanoTime() - until > 0) {
                    throw e;
                }
                if (!said) {
                    LOG.info("image {} is locked: waiting up to {} s for a former agent's end", image, SECONDS);
                    said = true;
                }
                LockSupport.parkNanos(LOOK_NANOS);
            }
        }
    }
}
