// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.cdp.write.SpoolRoom;
import io.tidemark.disk.ImageName;
import io.tidemark.filters.capture.Durability;
import io.tidemark.filters.throttle.Limits;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One disk to serve.
 *
 * @param id names the disk to people and in its store; letters, digits, {@code . _ -}
 * @param image where its bytes lie: {@code raw:PATH}, {@code qcow2:PATH}; {@code past:…} for one that is opened by other means
 * @param socket where the frontend connects
 * @param queues how many queues the guest may use
 * @param store where its history is kept; none, no capture
 * @param state where it keeps what must survive the agent
 * @param durability what a guest's flush waits for
 * @param spool how many bytes may wait there for a store that fails or hangs; 0 for none
 * @param throttle what it may do at first
 * @param retention what is kept of its history; empty, whatever the history itself says
 */
public record DiskConfig(
        String id,
        String image,
        Path socket,
        int queues,
        boolean readOnly,
        Optional<StoreName> store,
        StateFolder state,
        Durability durability,
        long spool,
        Limits throttle,
        Optional<Retention> retention) {
    public static final int MAX_QUEUES = 64;
    public static final long DEFAULT_SPOOL = 1L << 30;

    /** What fits into {@code sun_path} of a {@code sockaddr_un} (unix(7)), without the closing zero. */
    public static final int MAX_SOCKET_PATH = 107;

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /** @throws AgentException USAGE, if a part is not valid */
    public DiskConfig {
        check(
                ID.matcher(id).matches(),
                id,
                "no valid disk id",
                "use up to 64 letters, digits and . _ -, no . _ - first");
        check(
                ImageName.isOfKnownKind(image) || image.startsWith("past:"),
                id,
                "image " + image + " is of no known kind",
                "name it raw:PATH or qcow2:PATH");
        check(
                socket.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_SOCKET_PATH,
                id,
                "socket path " + socket + " is longer than the " + MAX_SOCKET_PATH
                        + " bytes that a Unix socket can have",
                "choose a shorter one");
        check(
                queues >= 1 && queues <= MAX_QUEUES,
                id,
                "queues=" + queues + " is out of range",
                "choose 1 to " + MAX_QUEUES);
        check(
                retention.isEmpty() || store.isPresent(),
                id,
                "retention and quota are of a history, and without a store there is none",
                "add store=DIR");
        check(
                spool == 0 || spool >= SpoolRoom.LEAST,
                id,
                "spool=" + spool + " is too small",
                "choose at least " + (SpoolRoom.LEAST >> 20) + "M, or 0 for none");
    }

    /** Whether it is protected at first. */
    public ProtectionWish protection() {
        return ProtectionWish.of(store);
    }

    private static void check(boolean valid, String id, String why, String remedy) {
        if (!valid) {
            throw new AgentException(Code.USAGE, "disk " + id, why, remedy);
        }
    }
}
