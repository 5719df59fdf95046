// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import java.nio.file.Path;
import java.util.Optional;

/** A guest that is stopped through QMP while its disk is restored; or none. */
final class GuestPause implements AutoCloseable {
    private final Optional<Qmp> qmp;
    private final boolean wasRunning;

    private GuestPause(Optional<Qmp> qmp) {
        this.qmp = qmp;
        this.wasRunning = qmp.map(Qmp::isRunning).orElse(false);
        qmp.ifPresent(guest -> guest.execute("stop"));
    }

    /** @param socket null for no guest */
    static GuestPause of(Path socket) {
        return new GuestPause(Optional.ofNullable(socket).map(Qmp::connect));
    }

    /** Nothing was changed: it goes on as it was. */
    void goOn() {
        if (wasRunning) {
            qmp.ifPresent(guest -> guest.execute("cont"));
        }
    }

    /** Its disk is another: it boots. */
    void reset() {
        qmp.ifPresent(guest -> {
            guest.execute("system_reset");
            guest.execute("cont");
        });
    }

    /** What there is to say when it can do neither. */
    String stays() {
        return qmp.isPresent() ? "; the guest stays stopped" : "";
    }

    @Override
    public void close() {
        qmp.ifPresent(Qmp::close);
    }
}
