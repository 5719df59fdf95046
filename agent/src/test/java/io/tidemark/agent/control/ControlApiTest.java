// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tidemark.agent.Agent;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.FakeDisk;
import io.tidemark.agent.Version;
import io.tidemark.agent.config.AgentConfig;
import io.tidemark.agent.config.DiskOption;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.config.ProtectionWish.State;
import io.tidemark.agent.history.RetentionOrder;
import io.tidemark.agent.status.DiskStats;
import io.tidemark.agent.status.LimitStatus;
import io.tidemark.agent.status.ProtectionStatus;
import io.tidemark.agent.status.QueueStats;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.cdp.StoreName;
import io.tidemark.filters.throttle.Limit;
import io.tidemark.filters.throttle.LimitKind;
import io.tidemark.filters.throttle.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlApiTest {
    @TempDir
    Path folder;

    private final Map<String, FakeDisk> disks = new ConcurrentHashMap<>();
    private Agent agent;
    private ControlServer server;
    private ControlClient client;
    private OpenApi document;

    @BeforeEach
    void start() throws IOException {
        AgentConfig config = new AgentConfig(
                List.of(
                        DiskOption.parse("id=vda,image=raw:/a,socket=/a.sock,queues=2,store=/st"),
                        DiskOption.parse("id=vdb,image=raw:/b,socket=/b.sock")),
                Optional.empty());
        agent = Agent.start(config, disk -> disks.computeIfAbsent(disk.id(), id -> new FakeDisk(disk)));
        Path socket = folder.resolve("control.sock");
        ControlSocket.claim(socket);
        server = ControlServer.start(agent, socket);
        client = new ControlClient(socket);
        document = OpenApi.load();
    }

    @AfterEach
    void stop() {
        server.close();
        agent.close();
    }

    @Test
    void theClientSeesWhatTheDisksSay() {
        assertThat(client.agent().disks()).containsExactly("vda", "vdb");
        assertThat(client.agent().pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(client.disks()).extracting(disk -> disk.id()).containsExactly("vda", "vdb");
        assertThat(client.disk("vda").queues()).hasSize(2);
        assertThat(client.disk("vda").protection().state()).isEqualTo(ProtectionStatus.State.SYNCING);
        assertThat(client.disk("vdb").protection()).isEqualTo(ProtectionStatus.off());
        assertThat(client.disk("vda").queues().getLast().latency().p999()).isEqualTo(610);
    }

    @Test
    void marks() {
        assertThat(client.mark("vda", "vor dem Umbau ü/?").name()).isEqualTo("vor dem Umbau ü/?");
        fails(Code.REFUSED, "disk vdb: it is not protected; serve it with a store", () -> client.mark("vdb", "x"));
        fails(Code.USAGE, "mark: the name is empty", () -> client.mark("vda", " "));
        fails(Code.USAGE, "mark: the name is empty", () -> client.mark("vda", "a\nb"));
        fails(Code.NOT_FOUND, "disk a b: this agent does not serve it", () -> client.mark("a b", "x"));
    }

    @Test
    void aMarkThatIsNotInTheStoreYetIsOnlyAccepted() throws IOException {
        assertThat(client.mark("vda", "x").durable()).isTrue();
        assertThat(statusOfMark()).isEqualTo(201);
        disks.get("vda").neverDurable();
        assertThat(client.mark("vda", "x").durable()).isFalse();
        assertThat(statusOfMark()).isEqualTo(202);
    }

    private int statusOfMark() throws IOException {
        return RawHttp.send(server.socket(), "POST", "/v1/disks/vda/marks", "{\"name\": \"x\"}")
                .status();
    }

    @Test
    void protectionIsSwitched() throws IOException {
        assertThat(client.protect("vda", wish(State.PAUSED, null)).protection().state())
                .isEqualTo(ProtectionStatus.State.PAUSED);
        assertThat(client.protect("vda", wish(State.OFF, null)).protection().state())
                .isEqualTo(ProtectionStatus.State.OFF);
        assertThat(client.protect("vdb", wish(State.ON, "/other")).protection().store())
                .isEqualTo("/other");
        assertThat(disks.get("vda").protectionSet()).contains(wish(State.OFF, null));
        String route = "/v1/disks/{id}/protection";
        valid("PUT", route, "/v1/disks/vda/protection", "{\"state\":\"on\"}", 200);
        valid("PUT", route, "/v1/disks/vda/protection", "{\"state\":\"on\",\"store\":\"/st\"}", 200);
        valid("PUT", route, "/v1/disks/vdx/protection", "{\"state\":\"on\"}", 404);
        for (String body : List.of(
                "", "{}", "null", "[]", "{\"state\":1}", "{\"state\":\"ON\"}", "{\"state\":\"on\",\"store\":\"\"}")) {
            valid("PUT", route, "/v1/disks/vda/protection", body, 400);
        }
    }

    @Test
    void marksOverSeveralDisks() throws IOException {
        fails(Code.REFUSED, "disk vda: it has no history to mark", () -> client.markAll("x", List.of()));
        fails(Code.NOT_FOUND, "disk vdx: this agent does not serve it", () -> client.markAll("x", List.of("vdx")));
        fails(Code.USAGE, "mark: the list of disks", () -> client.markAll("x", List.of("vda", "vda")));
        for (String body : List.of(
                "",
                "{}",
                "null",
                "[]",
                "{\"name\":\"\"}",
                "{\"name\":\"x\",\"disks\":[]}",
                "{\"name\":\"x\",\"disks\":[null]}")) {
            valid("POST", "/v1/marks", "/v1/marks", body, 400);
        }
        valid("POST", "/v1/marks", "/v1/marks", "{\"name\":\"x\"}", 409);
    }

    @Test
    void retentionIsSetPreviewedAndMarksAreLocked() throws IOException {
        var order = new RetentionOrder("12h:write/1d:1h", "50G", null);
        assertThat(client.retain("vda", order).rules()).isEqualTo("12h:write/1d:1h");
        assertThat(client.previewRetention("vda", order).quota()).isEqualTo(50L << 30);
        for (var route : List.of("/retention", "/retention/preview")) {
            String method = route.equals("/retention") ? "PUT" : "POST";
            String path = "/v1/disks/{id}" + route;
            for (String body : List.of(
                    "{}",
                    "{\"rules\":\"all\",\"quota\":\"none\"}",
                    "{\"before\":\"write:7\"}",
                    "{\"rules\":\"1h:write\",\"quota\":\"1G\",\"before\":\"mark:x\"}")) {
                valid(method, path, "/v1/disks/vda" + route, body, 200);
            }
            for (String body : List.of(
                    "",
                    "null",
                    "[]",
                    "{\"rules\":[]}",
                    "{\"rules\":\"\"}",
                    "{\"rules\":\"1h:1h/1h:write\"}",
                    "{\"quota\":\"-1\"}")) {
                valid(method, path, "/v1/disks/vda" + route, body, 400);
            }
            valid(method, path, "/v1/disks/vdx" + route, "{}", 404);
        }
        client.mark("vda", "kept");
        assertThat(client.lock("vda", new MarkLock("kept", true))).isEqualTo(new MarkLock("kept", true));
        String lock = "/v1/disks/{id}/marks/lock";
        valid("PUT", lock, "/v1/disks/vda/marks/lock", "{\"name\":\"kept\",\"locked\":false}", 200);
        valid("PUT", lock, "/v1/disks/vda/marks/lock", "{\"name\":\"other\",\"locked\":true}", 404);
        valid("PUT", lock, "/v1/disks/vdx/marks/lock", "{\"name\":\"kept\",\"locked\":true}", 404);
        for (String body : List.of("", "{}", "null", "[]", "{\"name\":\"kept\"}", "{\"locked\":true}")) {
            valid("PUT", lock, "/v1/disks/vda/marks/lock", body, 400);
        }
    }

    private static ProtectionWish wish(State state, String store) {
        return new ProtectionWish(state, Optional.ofNullable(store).map(StoreName::parse));
    }

    @Test
    void responsesFitTheDocument() throws IOException {
        valid("GET", "/v1/agent", "/v1/agent", null, 200);
        valid("GET", "/v1/disks", "/v1/disks", null, 200);
        valid("GET", "/v1/disks/{id}", "/v1/disks/vda", null, 200);
        valid("GET", "/v1/disks/{id}", "/v1/disks/vdb", null, 200);
        valid("GET", "/v1/disks/{id}", "/v1/disks/vdx", null, 404);
        valid("POST", "/v1/disks/{id}/marks", "/v1/disks/vda/marks", "{\"name\":\"x\"}", 201);
        valid("POST", "/v1/disks/{id}/marks", "/v1/disks/vdb/marks", "{\"name\":\"x\"}", 409);
        valid("POST", "/v1/disks/{id}/marks", "/v1/disks/vdx/marks", "{\"name\":\"x\"}", 404);
        for (String body :
                List.of("", "{}", "null", "{\"name\":", "[]", "{\"name\":\"\"}", "{\"name\":\"x\"} y", "\u0000")) {
            valid("POST", "/v1/disks/{id}/marks", "/v1/disks/vda/marks", body, 400);
        }
    }

    @Test
    void restoresInPlace() throws IOException {
        String route = "/v1/disks/{id}/restore";
        assertThat(client.restoring("vda").state()).isEqualTo(RestoreStatus.State.NONE);
        valid("GET", route, "/v1/disks/vda/restore", null, 200);
        assertThat(client.restore("vda", "write:42").at()).isEqualTo("write:42");
        assertThat(client.restoring("vda").state()).isEqualTo(RestoreStatus.State.RUNNING);
        valid("GET", route, "/v1/disks/vda/restore", null, 200);
        valid("POST", route, "/v1/disks/vda/restore", "{\"at\":\"latest\"}", 202);
        valid("POST", route, "/v1/disks/vdb/restore", "{\"at\":\"latest\"}", 409);
        valid("POST", route, "/v1/disks/vdx/restore", "{\"at\":\"latest\"}", 404);
        for (String body : List.of("", "{}", "null", "{\"at\":", "[]", "{\"at\":\" \"}")) {
            valid("POST", route, "/v1/disks/vda/restore", body, 400);
        }
    }

    @Test
    void statsOfAnIntervalAreNobodyElses() throws IOException {
        DiskStats once = client.stats("vda", null);
        assertThat(once.interval()).isNull();
        assertThat(once.total().queues()).hasSize(2);
        DiskStats twice = client.stats("vda", Duration.ofMillis(20));
        assertThat(twice.total().seconds()).isEqualTo(3);
        assertThat(twice.interval().seconds()).isEqualTo(1);
        QueueStats queue = twice.interval().queues().getLast();
        assertThat(queue.read().requests()).isEqualTo(100);
        assertThat(queue.read().bytes()).isEqualTo(409_600);
        assertThat(queue.read().latency().p999()).isCloseTo(1000, Percentage.withPercentage(1));
        assertThat(queue.kicksSaved()).isEqualTo(75);
        assertThat(queue.interruptsSaved()).isEqualTo(90);
        assertThat(twice.total().queues().getLast().read().requests()).isEqualTo(300);
        String route = "/v1/disks/{id}/stats";
        valid("GET", route, "/v1/disks/vda/stats", null, 200);
        valid("GET", route, "/v1/disks/vda/stats?interval=0.01", null, 200);
        valid("GET", route, "/v1/disks/vdx/stats", null, 404);
        for (String interval : List.of("", "x", "0", "-1", "301", "NaN", "Infinity")) {
            valid("GET", route, "/v1/disks/vda/stats?interval=" + interval, null, 400);
        }
    }

    @Test
    void metricsAreForPrometheus() throws IOException {
        client.throttle("vda", new Limits(Map.of(LimitKind.IOPS_READ, new Limit(2000, 100))));
        RawHttp.Response response = RawHttp.send(server.socket(), "GET", "/v1/metrics", null);
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("content-type")).isEqualTo("text/plain; version=0.0.4; charset=utf-8");
        assertThat(response.body().lines())
                .contains(
                        "tidemark_info{version=\"" + Version.current() + "\"} 1",
                        "# TYPE tidemark_requests_total counter",
                        "tidemark_requests_total{disk=\"vda\",queue=\"1\",type=\"read\"} 100.0",
                        "tidemark_request_bytes_total{disk=\"vdb\",queue=\"0\",type=\"read\"} 409600.0",
                        "tidemark_requests_total{disk=\"vda\",queue=\"0\",type=\"write_zeroes\"} 0.0",
                        "tidemark_oldest_request_seconds{disk=\"vda\",queue=\"0\"} 0.0015",
                        "# TYPE tidemark_request_duration_seconds histogram",
                        "tidemark_request_duration_seconds_bucket{disk=\"vda\",type=\"read\",le=\"5.0E-5\"} 0",
                        "tidemark_request_duration_seconds_bucket{disk=\"vda\",type=\"read\",le=\"2.0E-4\"} 198",
                        "tidemark_request_duration_seconds_bucket{disk=\"vda\",type=\"read\",le=\"+Inf\"} 200",
                        "tidemark_request_duration_seconds_count{disk=\"vda\",type=\"read\"} 200",
                        "tidemark_throttle_limit{disk=\"vda\",limit=\"iopsRead\"} 2000.0",
                        "tidemark_protection_state{disk=\"vda\",state=\"syncing\"} 1.0",
                        "tidemark_protection_state{disk=\"vdb\",state=\"off\"} 1.0");
    }

    @Test
    void limitsAreSetAndTakenAway() throws IOException {
        Limits limits =
                new Limits(Map.of(LimitKind.IOPS_READ, new Limit(2000, 100), LimitKind.BPS, new Limit(1 << 30, 5)));
        assertThat(client.throttle("vda", limits).limits().checked()).isEqualTo(limits);
        assertThat(client.disk("vda").throttle().limits())
                .containsExactly(
                        Map.entry("iopsRead", new LimitStatus(2000L, 100L)),
                        Map.entry("bps", new LimitStatus(1L << 30, 5L)));
        assertThat(client.disk("vdb").throttle().limits()).isEmpty();
        String route = "/v1/disks/{id}/throttle";
        String path = "/v1/disks/vda/throttle";
        valid("GET", "/v1/disks/{id}", "/v1/disks/vda", null, 200);
        valid("PUT", route, path, "{\"iops\":{\"rate\":7}}", 200);
        assertThat(client.disk("vda").throttle().limits()).containsOnlyKeys("iops");
        for (String body : List.of(
                "",
                "null",
                "[]",
                "{\"iops\":7}",
                "{\"iops\":null}",
                "{\"iops\":{}}",
                "{\"iops\":{\"rate\":0}}",
                "{\"iops\":{\"rate\":\"x\"}}",
                "{\"iops\":{\"rate\":99999999999999999999}}",
                "{\"iops\":{\"rate\":10,\"burst\":-1}}",
                "{\"iopps\":{\"rate\":10}}")) {
            valid("PUT", route, path, body, 400);
        }
        assertThat(client.disk("vda").throttle().limits()).containsOnlyKeys("iops");
        valid("PUT", route, "/v1/disks/vdx/throttle", "{}", 404);
        valid("PUT", route, path, "{}", 200);
        assertThat(client.disk("vda").throttle().limits()).isEmpty();
    }

    @Test
    void resizes() throws IOException {
        assertThat(client.resize("vda", 2L << 30).geometry().capacity()).isEqualTo(2L << 30);
        String path = "/v1/disks/{id}/size";
        valid("PUT", path, "/v1/disks/vda/size", "{\"bytes\":3221225472}", 200);
        valid("PUT", path, "/v1/disks/vda/size", "{\"bytes\":1048576}", 409);
        valid("PUT", path, "/v1/disks/vdx/size", "{\"bytes\":3221225472}", 404);
        for (String body : List.of("", "{}", "null", "{\"bytes\":-1}", "{\"bytes\":513}", "{\"bytes\":\"x\"}")) {
            valid("PUT", path, "/v1/disks/vda/size", body, 400);
        }
    }

    @Test
    void aHandOverThatCantBeChangesNothing() throws IOException {
        String path = "/v1/agent/hand-over";
        for (String body : List.of("", "{}", "null", "{\"socket\":\"relative\"}")) {
            valid("POST", path, path, body, 400);
        }
        valid("POST", path, path, "{\"socket\":\"" + folder.resolve("nobody") + "\"}", 404);
        fails(Code.NOT_FOUND, "nobody listens there", () -> client.handOver(folder.resolve("nobody")));
        assertThat(client.agent().disks()).containsExactly("vda", "vdb");
    }

    @Test
    void bodiesHaveALimit() throws IOException {
        String large = "{\"name\":\"" + "x".repeat(ControlServer.MAX_BODY) + "\"}";
        valid("POST", "/v1/disks/{id}/marks", "/v1/disks/vda/marks", large, 413);
        assertThat(client.agent().disks()).hasSize(2);
    }

    @Test
    void chunkedBodiesHaveItToo() throws IOException {
        String chunk = "x".repeat(0x4000);
        StringBuilder request =
                new StringBuilder("POST /v1/disks/vda/marks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n");
        for (int i = 0; i < 5; i++) {
            request.append("4000\r\n").append(chunk).append("\r\n");
        }
        RawHttp.Response response =
                RawHttp.exchange(server.socket(), request.append("0\r\n\r\n").toString());
        assertThat(response.status()).isEqualTo(413);
    }

    @Test
    void unknownPathsMethodsAndGarbageAreProblems() throws IOException {
        problem(RawHttp.send(server.socket(), "GET", "/v2/agent", null), 404, "no-such-path");
        problem(RawHttp.send(server.socket(), "GET", "/", null), 404, "no-such-path");
        RawHttp.Response wrongMethod = RawHttp.send(server.socket(), "DELETE", "/v1/disks/vda", null);
        problem(wrongMethod, 405, "method-not-allowed");
        assertThat(wrongMethod.header("allow")).isEqualTo("GET");
        assertThat(RawHttp.exchange(server.socket(), "GARBAGE\r\n\r\n").status())
                .isEqualTo(400);
    }

    @Test
    void anUnexpectedFailureIsAnInternalProblem() throws IOException {
        disks.get("vda").fail(new IllegalStateException("out of luck"));
        valid("GET", "/v1/disks/{id}", "/v1/disks/vda", null, 500);
        disks.get("vda").fail(null);
    }

    @Test
    void routesAndDocumentAgree() {
        assertThat(new ControlApi(agent).routes())
                .extracting(route -> route.method().text() + " " + route.path())
                .containsExactlyInAnyOrderElementsOf(document.operations());
    }

    @Test
    void theDocumentIsServed() throws IOException {
        RawHttp.Response response = RawHttp.send(server.socket(), "GET", "/v1/openapi.yaml", null);
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.header("content-type")).isEqualTo("application/yaml");
        assertThat(response.body()).startsWith("openapi: 3.1");
    }

    @Test
    void onlyTheOwnerMayConnect() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.socket())))
                .isEqualTo("rw-------");
    }

    @Test
    void aSocketInUseIsRefusedAndAStaleOneReplaced() throws IOException {
        fails(Code.IN_USE, "another agent listens on it", () -> ControlSocket.claim(server.socket()));
        assertThat(ControlSocket.live(folder)).isEmpty();

        Path stale = RawHttp.staleSocket(folder.resolve("agent-1.sock"));
        assertThat(ControlSocket.live(folder)).isEmpty();
        fails(Code.UNREACHABLE, "it does not answer", () -> new ControlClient(stale).agent());
        ControlSocket.claim(stale);
        assertThat(stale).doesNotExist();
        try (ControlServer second = ControlServer.start(agent, stale)) {
            assertThat(ControlSocket.live(folder)).containsExactly(second.socket());
        }
        assertThat(stale).doesNotExist();
    }

    @Test
    void aFileThatIsNoSocketIsLeftAlone() throws IOException {
        Path file = Files.writeString(folder.resolve("precious"), "text");
        fails(Code.REFUSED, "there is a file that is no socket", () -> ControlSocket.claim(file));
        assertThat(file).hasContent("text");
    }

    @Test
    void theSocketGoesWithTheServer() {
        server.close();
        assertThat(folder).isEmptyDirectory();
        fails(Code.UNREACHABLE, "there is no such socket", () -> new ControlClient(server.socket()));
    }

    @Test
    void defaultPlaces() {
        assertThat(ControlSocket.folder(Map.of("XDG_RUNTIME_DIR", "/run/user/0"), "root"))
                .isEqualTo(Path.of("/run/tidemark"));
        assertThat(ControlSocket.folder(Map.of("XDG_RUNTIME_DIR", "/run/user/7"), "ann"))
                .isEqualTo(Path.of("/run/user/7/tidemark"));
        assertThat(ControlSocket.folder(Map.of(), "ann")).isEqualTo(Path.of("/tmp/tidemark-ann"));
    }

    private void valid(String method, String route, String path, String body, int status) throws IOException {
        RawHttp.Response response = RawHttp.send(server.socket(), method, path, body);
        assertThat(response.status())
                .as(method + " " + path + " " + response.body())
                .isEqualTo(status);
        assertThat(document.violations(method, route, response)).isEmpty();
    }

    private static void problem(RawHttp.Response response, int status, String code) throws IOException {
        assertThat(response.status()).isEqualTo(status);
        assertThat(response.header("content-type")).isEqualTo(Problem.MEDIA_TYPE);
        JsonNode problem = new ObjectMapper().readTree(response.body());
        assertThat(problem.get("code").asText()).isEqualTo(code);
        assertThat(problem.get("status").asInt()).isEqualTo(status);
    }

    private static void fails(Code code, String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable action) {
        assertThatThrownBy(action)
                .isInstanceOfSatisfying(
                        AgentException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageContaining(message);
    }
}
