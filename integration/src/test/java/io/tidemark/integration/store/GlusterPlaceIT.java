// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import io.tidemark.cdp.volume.DirectoryPlace;
import io.tidemark.cdp.volume.Lease;
import io.tidemark.cdp.volume.StorePlace;
import io.tidemark.cdp.volume.StorePlaceTest;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.storage.GlusterVolume;
import java.io.IOException;
import java.time.Duration;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

/** A directory on GlusterFS is a place like any other, also seen from two hosts. */
class GlusterPlaceIT extends StorePlaceTest {
    private final String name = Gluster.newName();

    GlusterVolume volume() {
        return Gluster.volume();
    }

    @Override
    protected StorePlace place() {
        return DirectoryPlace.at(volume().mount().resolve(name));
    }

    @Override
    protected StorePlace again() {
        return DirectoryPlace.at(volume().other().resolve(name));
    }

    /** Names and content are kept for a second each, in the kernel and in the client. */
    @Override
    protected Duration staleness() {
        return Duration.ofSeconds(10);
    }

    /** The other host's client is gone without a word, and with it its locks at the brick. */
    @Test
    void aLockThatTheServerHasForgottenIsALeaseThatIsLost() throws IOException {
        var home = place();
        home.make("meta");
        try (var lease = home.take("lock").orElseThrow()) {
            lease.check();
            volume().killBrick(0);
            volume().startBrick(0);
            Await.until("the lease is lost, or is there as before", Duration.ofSeconds(30), () -> isSure(lease));
        }
        Await.until("the next has it", Duration.ofSeconds(30), () -> isTakenNext());
    }

    /** Either the client has brought its locks back, or the holder is told that they are gone. */
    private boolean isSure(Lease lease) {
        try {
            lease.check();
            var other = again().take("lock");
            other.ifPresent(Lease::close);
            return other.isEmpty();
        } catch (IOException e) {
            return e.getMessage().contains("is lost");
        }
    }

    private boolean isTakenNext() {
        try (var next = again().take("lock").orElseThrow()) {
            next.check();
            return true;
        } catch (IOException | NoSuchElementException e) {
            return false;
        }
    }
}
