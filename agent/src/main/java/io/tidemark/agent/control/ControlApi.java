// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.helidon.http.Method;
import io.tidemark.agent.Agent;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.ServedDisk;
import io.tidemark.agent.history.RetentionOrder;
import io.tidemark.agent.json.Json;
import io.tidemark.agent.metrics.Exposition;
import io.tidemark.agent.metrics.Observation;
import io.tidemark.agent.status.CutStatus;
import io.tidemark.agent.status.DiskStatus;
import io.tidemark.agent.status.MarkStatus;
import io.tidemark.agent.status.ProtectionOrder;
import io.tidemark.agent.status.ThrottleLimits;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What a running agent can be asked and told. The list of routes is the server's, and agrees with the OpenAPI document. */
final class ControlApi {
    private final Agent agent;

    ControlApi(Agent agent) {
        this.agent = agent;
    }

    List<Route> routes() {
        return List.of(
                new Route(Method.GET, "/v1/agent", call -> ok(agent.status())),
                new Route(Method.POST, "/v1/agent/hand-over", this::handOver),
                new Route(Method.GET, "/v1/disks", call -> ok(disks())),
                new Route(Method.GET, "/v1/disks/{id}", call -> ok(disk(call).status())),
                new Route(Method.POST, "/v1/disks/{id}/marks", this::mark),
                new Route(Method.PUT, "/v1/disks/{id}/marks/lock", this::lock),
                new Route(
                        Method.PUT,
                        "/v1/disks/{id}/retention",
                        call -> ok(disk(call).retain(retention(call)))),
                new Route(
                        Method.POST,
                        "/v1/disks/{id}/retention/preview",
                        call -> ok(disk(call).previewRetention(retention(call)))),
                new Route(Method.POST, "/v1/marks", this::cut),
                new Route(Method.POST, "/v1/disks/{id}/restore", this::restore),
                new Route(
                        Method.GET,
                        "/v1/disks/{id}/restore",
                        call -> ok(disk(call).restoring())),
                new Route(Method.PUT, "/v1/disks/{id}/throttle", this::throttle),
                new Route(Method.GET, "/v1/disks/{id}/stats", this::stats),
                new Route(Method.GET, "/v1/metrics", call -> metrics()),
                new Route(Method.PUT, "/v1/disks/{id}/size", this::resize),
                new Route(Method.PUT, "/v1/disks/{id}/protection", this::protect),
                new Route(Method.GET, "/v1/openapi.yaml", call -> document()));
    }

    private DiskList disks() {
        return new DiskList(agent.disks().stream().map(ServedDisk::status).toList());
    }

    private ServedDisk disk(Route.Call call) {
        String id = call.parameter("id");
        return agent.disk(id).orElseThrow(() -> Agent.notServed(id));
    }

    /** @param form what the body must be, for the message */
    private static <T> T body(Route.Call call, Class<T> type, String form) {
        try {
            T body = Json.read(call.body(), type);
            if (body != null) {
                return body;
            }
        } catch (IOException e) {
            // told below
        }
        throw new AgentException(Code.USAGE, "request body", "it is not " + form, "see /v1/openapi.yaml");
    }

    private Route.Answer mark(Route.Call call) {
        ServedDisk disk = disk(call);
        MarkStatus mark = disk.mark(MarkOrder.checked(body(call, MarkOrder.class, "{\"name\": TEXT}")));
        return json(created(mark.durable()), mark);
    }

    /** A mark that isn't in the store yet is on its way. */
    private static int created(boolean durable) {
        return durable ? 201 : 202;
    }

    private Route.Answer lock(Route.Call call) {
        ServedDisk disk = disk(call);
        MarkLock lock = MarkLock.checked(body(call, MarkLock.class, MarkLock.FORM));
        disk.lockMark(lock.name(), lock.locked());
        return ok(lock);
    }

    private static RetentionOrder retention(Route.Call call) {
        return body(
                call,
                RetentionOrder.class,
                "{\"rules\": TEXT, \"quota\": TEXT, \"before\": TEXT}, each of which may be missing");
    }

    private Route.Answer cut(Route.Call call) {
        CutOrder order = CutOrder.checked(body(call, CutOrder.class, "{\"name\": TEXT, \"disks\": [ID, …]}"));
        CutStatus cut = agent.mark(order.name(), Optional.ofNullable(order.disks()));
        return json(created(cut.durable()), cut);
    }

    private Route.Answer restore(Route.Call call) {
        ServedDisk disk = disk(call);
        return json(202, disk.restore(RestoreOrder.checked(body(call, RestoreOrder.class, "{\"at\": POINT}"))));
    }

    private Route.Answer stats(Route.Call call) {
        ServedDisk disk = disk(call);
        return ok(call.query("interval")
                .map(seconds -> Observation.during(disk, interval(seconds)))
                .orElseGet(() -> Observation.now(disk)));
    }

    private static Duration interval(String seconds) {
        try {
            return Duration.ofMillis(Math.round(Double.parseDouble(seconds) * 1000));
        } catch (NumberFormatException e) {
            throw new AgentException(
                    Code.USAGE, "interval", "\"" + seconds + "\" is no number", "give seconds, as in ?interval=1.5");
        }
    }

    private Route.Answer metrics() {
        return new Route.Answer(200, Exposition.CONTENT_TYPE, Exposition.of(agent.disks(), agent.cuts()));
    }

    private Route.Answer throttle(Route.Call call) {
        ServedDisk disk = disk(call);
        ThrottleLimits limits =
                body(call, ThrottleLimits.class, "{\"iops\": {\"rate\": NUMBER, \"burst\": NUMBER}, …}");
        return ok(disk.throttle(limits.checked()));
    }

    private Route.Answer protect(Route.Call call) {
        ServedDisk disk = disk(call);
        ProtectionOrder order =
                body(call, ProtectionOrder.class, "{\"state\": \"on\" or \"off\" or \"paused\", \"store\": STORE}");
        disk.protect(order.checked());
        return ok(disk.status());
    }

    private Route.Answer resize(Route.Call call) {
        ServedDisk disk = disk(call);
        disk.resize(ResizeOrder.checked(body(call, ResizeOrder.class, "{\"bytes\": NUMBER}")));
        return ok(disk.status());
    }

    private Route.Answer handOver(Route.Call call) {
        agent.handOver(HandOverOrder.checked(body(call, HandOverOrder.class, "{\"socket\": PATH}")));
        return ok(agent.status());
    }

    private static Route.Answer ok(Object body) {
        return json(200, body);
    }

    private static Route.Answer json(int status, Object body) {
        return new Route.Answer(status, "application/json", Json.bytes(body));
    }

    private static Route.Answer document() {
        try (InputStream in = ControlApi.class.getResourceAsStream("openapi.yaml")) {
            return new Route.Answer(200, "application/yaml", in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All disks of the agent. */
    record DiskList(List<DiskStatus> disks) {}
}
