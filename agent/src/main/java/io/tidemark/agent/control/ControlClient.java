// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webclient.api.HttpClientRequest;
import io.helidon.webclient.api.HttpClientResponse;
import io.helidon.webclient.api.WebClient;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.json.Json;
import io.tidemark.agent.status.AgentStatus;
import io.tidemark.agent.status.CutStatus;
import io.tidemark.agent.status.DiskStats;
import io.tidemark.agent.status.DiskStatus;
import io.tidemark.agent.status.MarkStatus;
import io.tidemark.agent.status.ProtectionOrder;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.agent.status.ThrottleLimits;
import io.tidemark.agent.status.ThrottleStatus;
import io.tidemark.filters.throttle.Limits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Asks a running agent. Errors that the agent answers are thrown as it threw them. */
public final class ControlClient {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Path socket;
    private final WebClient client;

    /** @throws AgentException UNREACHABLE, if nobody listens there */
    public ControlClient(Path socket) {
        this.socket = socket;
        if (!Files.exists(socket)) {
            throw unreachable("there is no such socket", null);
        }
        if (!Files.isWritable(socket)) {
            throw new AgentException(
                    Code.NO_PERMISSION,
                    "agent at " + socket,
                    "you may not connect",
                    "be the user that the agent runs as");
        }
        this.client = WebClient.builder()
                .baseUri("http://tidemark")
                .baseAddress(UnixDomainSocketAddress.of(socket))
                .readTimeout(PATIENCE)
                .shareConnectionCache(false)
                .build();
    }

    public AgentStatus agent() {
        return call(Method.GET, "/v1/agent", null, AgentStatus.class);
    }

    public List<DiskStatus> disks() {
        return call(Method.GET, "/v1/disks", null, ControlApi.DiskList.class).disks();
    }

    public DiskStatus disk(String id) {
        return call(Method.GET, "/v1/disks/" + encoded(id), null, DiskStatus.class);
    }

    public MarkStatus mark(String disk, String name) {
        return call(Method.POST, "/v1/disks/" + encoded(disk) + "/marks", new MarkOrder(name), MarkStatus.class);
    }

    /** Names one moment of several disks, or, with none named, of all that the agent serves. */
    public CutStatus markAll(String name, List<String> disks) {
        return call(Method.POST, "/v1/marks", new CutOrder(name, disks.isEmpty() ? null : disks), CutStatus.class);
    }

    /** Begins, ends or pauses the disk's history. */
    public DiskStatus protect(String disk, ProtectionWish wish) {
        return call(
                Method.PUT, "/v1/disks/" + encoded(disk) + "/protection", ProtectionOrder.of(wish), DiskStatus.class);
    }

    /** Begins a restore in place. @param point as {@code tidemark restore --at} has it */
    public RestoreStatus restore(String disk, String point) {
        return call(
                Method.POST, "/v1/disks/" + encoded(disk) + "/restore", new RestoreOrder(point), RestoreStatus.class);
    }

    /** How the disk's last restore in place stands. */
    public RestoreStatus restoring(String disk) {
        return call(Method.GET, "/v1/disks/" + encoded(disk) + "/restore", null, RestoreStatus.class);
    }

    /** Sets the disk's limits; those that are not named are gone. */
    public ThrottleStatus throttle(String disk, Limits limits) {
        return call(
                Method.PUT,
                "/v1/disks/" + encoded(disk) + "/throttle",
                ThrottleLimits.of(limits),
                ThrottleStatus.class);
    }

    /** Makes a disk larger. @param bytes the size */
    public DiskStatus resize(String disk, long bytes) {
        return call(Method.PUT, "/v1/disks/" + encoded(disk) + "/size", new ResizeOrder(bytes), DiskStatus.class);
    }

    /** The disk's counters, all there are and those of so long from now on; null for the former alone. */
    public DiskStats stats(String disk, Duration interval) {
        String path = "/v1/disks/" + encoded(disk) + "/stats";
        return interval == null
                ? call(Method.GET, path, null, DiskStats.class)
                : call(
                        client.method(Method.GET)
                                .path(path)
                                .queryParam("interval", String.valueOf(interval.toMillis() / 1000.0))
                                .readTimeout(PATIENCE.plus(interval)),
                        null,
                        DiskStats.class);
    }

    /** Has the agent give all its disks to whoever listens on the socket; returns when that is done. */
    public void handOver(Path to) {
        call(Method.POST, "/v1/agent/hand-over", new HandOverOrder(to.toString()), AgentStatus.class);
    }

    private <T> T call(Method method, String path, Object body, Class<T> type) {
        return call(client.method(method).path(path), body, type);
    }

    private <T> T call(HttpClientRequest request, Object body, Class<T> type) {
        request.skipUriEncoding(true);
        byte[] sent = body == null ? new byte[0] : Json.bytes(body);
        if (body != null) {
            request.header(HeaderNames.CONTENT_TYPE, "application/json");
        }
        try (HttpClientResponse response = body == null ? request.request() : request.submit(sent)) {
            byte[] answer = response.as(byte[].class);
            if (response.status().code() >= 300) {
                Problem problem = Json.read(answer, Problem.class);
                throw new AgentException(problem.exceptionCode(), problem.detail(), null);
            }
            return Json.read(answer, type);
        } catch (IOException | UncheckedIOException | IllegalStateException | IllegalArgumentException e) {
            throw unreachable("it does not answer (" + e.getMessage() + ")", e);
        }
    }

    private AgentException unreachable(String why, Throwable cause) {
        return new AgentException(
                Code.UNREACHABLE,
                "agent at " + socket + ": " + why + "; is it running? Name its socket with --control",
                cause);
    }

    private static String encoded(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
