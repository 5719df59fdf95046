// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.helidon.http.Method;
import io.tidemark.agent.Agent;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.ServedDisk;
import io.tidemark.agent.json.Json;
import io.tidemark.agent.metrics.Exposition;
import io.tidemark.agent.metrics.Observation;
import io.tidemark.agent.status.DiskStatus;
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

    private Route.Answer mark(Route.Call call) {
        ServedDisk disk = disk(call);
        MarkOrder order;
        try {
            order = Json.read(call.body(), MarkOrder.class);
        } catch (IOException e) {
            throw new AgentException(Code.USAGE, "request body", "it is not {\"name\": TEXT}", "see /v1/openapi.yaml");
        }
        return json(201, disk.mark(MarkOrder.checked(order)));
    }

    private Route.Answer cut(Route.Call call) {
        CutOrder order;
        try {
            order = CutOrder.checked(Json.read(call.body(), CutOrder.class));
        } catch (IOException e) {
            throw new AgentException(
                    Code.USAGE,
                    "request body",
                    "it is not {\"name\": TEXT, \"disks\": [ID, …]}",
                    "see /v1/openapi.yaml");
        }
        return json(201, agent.mark(order.name(), Optional.ofNullable(order.disks())));
    }

    private Route.Answer restore(Route.Call call) {
        ServedDisk disk = disk(call);
        RestoreOrder order;
        try {
            order = Json.read(call.body(), RestoreOrder.class);
        } catch (IOException e) {
            throw new AgentException(Code.USAGE, "request body", "it is not {\"at\": POINT}", "see /v1/openapi.yaml");
        }
        return json(202, disk.restore(RestoreOrder.checked(order)));
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
        ThrottleLimits limits;
        try {
            limits = Json.read(call.body(), ThrottleLimits.class);
        } catch (IOException e) {
            throw notLimits();
        }
        if (limits == null) {
            throw notLimits();
        }
        return ok(disk.throttle(limits.checked()));
    }

    private static AgentException notLimits() {
        return new AgentException(
                Code.USAGE,
                "request body",
                "it is not {\"iops\": {\"rate\": NUMBER, \"burst\": NUMBER}, …}",
                "see /v1/openapi.yaml");
    }

    private Route.Answer protect(Route.Call call) {
        ServedDisk disk = disk(call);
        ProtectionOrder order;
        try {
            order = Json.read(call.body(), ProtectionOrder.class);
        } catch (IOException e) {
            throw notProtection();
        }
        if (order == null) {
            throw notProtection();
        }
        disk.protect(order.checked());
        return ok(disk.status());
    }

    private static AgentException notProtection() {
        return new AgentException(
                Code.USAGE,
                "request body",
                "it is not {\"state\": \"on\" or \"off\" or \"paused\", \"store\": STORE}",
                "see /v1/openapi.yaml");
    }

    private Route.Answer resize(Route.Call call) {
        ServedDisk disk = disk(call);
        ResizeOrder order;
        try {
            order = Json.read(call.body(), ResizeOrder.class);
        } catch (IOException e) {
            throw new AgentException(
                    Code.USAGE, "request body", "it is not {\"bytes\": NUMBER}", "see /v1/openapi.yaml");
        }
        disk.resize(ResizeOrder.checked(order));
        return ok(disk.status());
    }

    private Route.Answer handOver(Route.Call call) {
        HandOverOrder order;
        try {
            order = Json.read(call.body(), HandOverOrder.class);
        } catch (IOException e) {
            throw new AgentException(
                    Code.USAGE, "request body", "it is not {\"socket\": PATH}", "see /v1/openapi.yaml");
        }
        agent.handOver(HandOverOrder.checked(order));
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
