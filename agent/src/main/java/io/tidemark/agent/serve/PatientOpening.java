// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens an image that may still be locked for a moment: what an agent that was killed has written is on its way to the device,
 * and must end before it is done again.
 */
final class PatientOpening {
    private static final Logger LOG = LoggerFactory.getLogger(PatientOpening.class);
    private static final long PATIENCE_SECONDS = 5;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private PatientOpening() {}

    /** @throws ImageException with IN_USE when somebody has the image after some seconds too */
    static Image of(ImageName name, boolean readOnly) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        boolean said = false;
        while (true) {
            try {
                return Images.open(name, readOnly);
            } catch (ImageException e) {
                if (e.code() != ImageException.Code.IN_USE || System.nanoTime() - until > 0) {
                    throw e;
                }
                if (!said) {
                    LOG.info("image {} is locked: waiting up to {} s for a former agent's end", name, PATIENCE_SECONDS);
                    said = true;
                }
                LockSupport.parkNanos(LOOK_NANOS);
            }
        }
    }
}
