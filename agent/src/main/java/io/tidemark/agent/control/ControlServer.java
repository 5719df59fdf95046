// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.tidemark.agent.Agent;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The control API on its Unix socket; each request runs on a virtual thread of its own. */
public final class ControlServer implements AutoCloseable {
    /** The largest request body that is read. */
    static final int MAX_BODY = 64 << 10;

    private static final Logger log = LoggerFactory.getLogger(ControlServer.class);

    private final Path socket;
    private final WebServer server;

    private ControlServer(Path socket, WebServer server) {
        this.socket = socket;
        this.server = server;
    }

    /**
     * Listens on the path, which {@link ControlSocket#claim} has made free. Only the owner may connect: the socket is
     * bound in a private folder, gets its mode there, and is moved to its place.
     *
     * @throws AgentException IO
     */
    public static ControlServer start(Agent agent, Path socket) {
        Path folder = socket.resolveSibling("." + ProcessHandle.current().pid());
        Path bound = folder.resolve("s");
        try {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.deleteIfExists(bound);
            WebServer server = WebServer.builder()
                    .bindAddress(UnixDomainSocketAddress.of(bound))
                    .shutdownHook(false)
                    .shutdownGracePeriod(Duration.ofMillis(500))
                    .featuresDiscoverServices(false)
                    .maxPayloadSize(MAX_BODY)
                    .directHandlers(problems())
                    .routing(routing(new ControlApi(agent).routes()))
                    .build()
                    .start();
            Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString("rw-------"));
            Files.move(bound, socket, StandardCopyOption.ATOMIC_MOVE);
            Files.delete(folder);
            return new ControlServer(socket, server);
        } catch (IOException | UncheckedIOException e) {
            throw new AgentException(
                    Code.IO, "control socket " + socket + ": can't listen (" + e + "); choose another path", e);
        }
    }

    public Path socket() {
        return socket;
    }

    @Override
    public void close() {
        server.stop();
        try {
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            log.warn("control socket {}: can't be removed", socket, e);
        }
    }

    private static HttpRouting.Builder routing(List<Route> routes) {
        HttpRouting.Builder routing = HttpRouting.builder();
        for (Route route : routes) {
            routing.route(route.method(), route.path(), (request, response) -> serve(route, request, response));
        }
        for (String path : routes.stream().map(Route::path).collect(Collectors.toSet())) {
            String allowed = routes.stream()
                    .filter(route -> route.path().equals(path))
                    .map(route -> route.method().text())
                    .collect(Collectors.joining(", "));
            routing.any(path, (request, response) -> {
                response.header(HeaderNames.ALLOW, allowed);
                send(response, Problem.of(405, "method-not-allowed", path + ": this path allows " + allowed + " only"));
            });
        }
        return routing.any((request, response) -> send(
                response,
                Problem.of(404, "no-such-path", request.path().path() + ": no such path; see GET /v1/openapi.yaml")));
    }

    private static void serve(Route route, ServerRequest request, ServerResponse response) {
        try {
            Route.Answer answer = route.action().answer(new HelidonCall(request));
            send(response, answer.status(), answer.contentType(), answer.body());
        } catch (TooLarge e) {
            send(response, tooLarge());
        } catch (AgentException e) {
            send(response, Problem.of(e.code(), e.getMessage()));
        } catch (RequestException e) {
            // The HTTP server found the body to be too large or malformed while it was read: problems() words it.
            throw e;
        } catch (RuntimeException e) {
            log.error(
                    "control API: {} {}",
                    request.prologue().method(),
                    request.path().path(),
                    e);
            send(response, Problem.of(Code.INTERNAL, "agent: " + e + "; this is a bug, see the agent's log"));
        }
    }

    /** What the HTTP server refuses by itself, before any route. */
    private static DirectHandlers problems() {
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
            handlers.addHandler(type, (request, event, status, headers, message) -> {
                Problem problem = status.code() == Status.REQUEST_ENTITY_TOO_LARGE_413.code()
                        ? tooLarge()
                        : Problem.of(
                                status.code(),
                                status.code() < 500 ? "bad-request" : "internal",
                                "request: " + message + "; see /v1/openapi.yaml");
                return DirectHandler.TransportResponse.builder()
                        .status(status)
                        .headers(headers)
                        .header(HeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE)
                        .keepAlive(false)
                        .entity(Json.bytes(problem))
                        .build();
            });
        }
        return handlers.build();
    }

    private static Problem tooLarge() {
        return Problem.of(413, "too-large", "request body: larger than " + MAX_BODY + " bytes; send less");
    }

    private static void send(ServerResponse response, Problem problem) {
        send(response, problem.status(), Problem.MEDIA_TYPE, Json.bytes(problem));
    }

    private static void send(ServerResponse response, int status, String contentType, byte[] body) {
        response.status(status).header(HeaderNames.CONTENT_TYPE, contentType).send(body);
    }

    private record HelidonCall(ServerRequest request) implements Route.Call {
        @Override
        public String parameter(String name) {
            return request.path().pathParameters().get(name);
        }

        @Override
        public Optional<String> query(String name) {
            return request.query().first(name).asOptional();
        }

        @Override
        public byte[] body() {
            if (!request.content().hasEntity()) {
                return new byte[0];
            }
            try (InputStream in = request.content().inputStream()) {
                byte[] body = in.readNBytes(MAX_BODY + 1);
                if (body.length > MAX_BODY) {
                    throw new TooLarge();
                }
                return body;
            } catch (IOException e) {
                throw new AgentException(Code.USAGE, "request body", "it ended early (" + e + ")", "send it again");
            }
        }
    }

    private static final class TooLarge extends RuntimeException {
        private static final long serialVersionUID = 1;
    }
}
