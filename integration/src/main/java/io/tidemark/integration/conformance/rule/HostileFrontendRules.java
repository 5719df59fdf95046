// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Check;
import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.MessageHeader;
import io.tidemark.vhost.protocol.SingleRegion;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringAddress;
import io.tidemark.vhost.protocol.VringState;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Frontends that break the protocol. The backend may refuse, and may end the connection; it serves the next frontend. */
final class HostileFrontendRules {
    private static final String MESSAGE = "vhost-user.rst, Message Specification";
    private static final int VERSION = MessageHeader.VERSION;

    static final List<Rule> ALL = List.of(
            survived(
                    "short-payload",
                    MESSAGE,
                    "a payload that is too short",
                    frontend -> Wire.provoke(
                            frontend, Wire.message(FrontendRequest.SET_VRING_NUM.number(), VERSION, 4, new byte[4]))),
            survived(
                    "long-payload",
                    MESSAGE,
                    "a payload that is too long",
                    frontend -> Wire.provoke(
                            frontend,
                            Wire.message(FrontendRequest.SET_VRING_NUM.number(), VERSION, 100, new byte[100]))),
            survived(
                    "endless-payload",
                    MESSAGE,
                    "a payload of 4 GiB",
                    frontend ->
                            Wire.provoke(frontend, Wire.message(FrontendRequest.SET_FEATURES.number(), VERSION, -1))),
            survived(
                    "other-version",
                    "vhost-user.rst, Header",
                    "a message of version 2",
                    frontend -> Wire.provoke(frontend, Wire.message(FrontendRequest.GET_FEATURES.number(), 2, 0))),
            survived(
                    "half-a-message",
                    MESSAGE,
                    "a connection that ends inside of a message",
                    frontend -> frontend.raw(new byte[] {1, 0, 0, 0, 1})),
            survived("many-files", MESSAGE, "a message with twenty files", HostileFrontendRules::manyFiles),
            survived("random-bytes", MESSAGE, "random bytes", HostileFrontendRules::randomBytes),
            should(
                    "hostile-frontend/no-such-ring",
                    "vhost-user.rst, A vring state description",
                    "rings that there are not: the backend stays, and serves the next",
                    HostileFrontendRules::noSuchRing),
            survived(
                    "kick-first",
                    "vhost-user.rst, VHOST_USER_SET_VRING_KICK",
                    "a kick for a ring that has no place",
                    HostileFrontendRules::kickFirst),
            survived(
                    "ring-outside",
                    "vhost-user.rst, VHOST_USER_SET_VRING_ADDR",
                    "a ring outside of memory",
                    HostileFrontendRules::ringOutside),
            survived(
                    "short-file",
                    "vhost-user.rst, VHOST_USER_ADD_MEM_REG",
                    "a region that is longer than its file",
                    HostileFrontendRules::shortFile),
            survived(
                    "wrapping-region",
                    "vhost-user.rst, VHOST_USER_ADD_MEM_REG",
                    "a region across the end of the address space",
                    HostileFrontendRules::wrappingRegion),
            should(
                    "hostile-frontend/no-eventfd",
                    "vhost-user.rst, VHOST_USER_SET_VRING_KICK",
                    "a kick descriptor that is no eventfd: the backend stays, and serves the next",
                    HostileFrontendRules::noEventfd),
            should(
                    "hostile-frontend/memory-vanishes",
                    "vhost-user.rst, Memory access",
                    "a frontend that shrinks its memory: the backend stays, and serves the next",
                    HostileFrontendRules::memoryVanishes));

    private HostileFrontendRules() {}

    private static Rule survived(String name, String section, String what, Consumer<Frontend> act) {
        Check check = trial -> {
            act.accept(trial.negotiated());
            trial.servesTheNext();
        };
        return should("hostile-frontend/" + name, section, what + ": the backend stays, and serves the next", check);
    }

    private static void manyFiles(Frontend frontend) {
        try (GuestRam file = new GuestRam(0, 4096)) {
            int[] files = new int[20];
            Arrays.fill(files, file.fd());
            Wire.provoke(frontend, Wire.message(FrontendRequest.SET_OWNER, 0), files);
        }
    }

    private static void randomBytes(Frontend frontend) {
        SplittableRandom random = new SplittableRandom(11);
        for (int i = 0; i < 50; i++) {
            byte[] payload = new byte[random.nextInt(64)];
            random.nextBytes(payload);
            try {
                frontend.raw(Wire.message(random.nextInt(50), VERSION, payload.length, payload));
            } catch (RuntimeException e) {
                return; // The backend has ended the connection, as it may.
            }
        }
    }

    /** Each on its own connection: a backend may end it at the first. */
    private static void noSuchRing(Trial trial) {
        for (int ring : new int[] {255, 1000, 1 << 24, -1}) {
            for (FrontendRequest request : new FrontendRequest[] {
                FrontendRequest.SET_VRING_NUM,
                FrontendRequest.SET_VRING_BASE,
                FrontendRequest.SET_VRING_ENABLE,
                FrontendRequest.GET_VRING_BASE
            }) {
                Frontend frontend = trial.negotiated();
                byte[] payload = VringState.of(ring, 1).toArray(ValueLayout.JAVA_BYTE);
                Wire.provoke(frontend, Wire.message(request.number(), VERSION, payload.length, payload));
                trial.leave();
            }
        }
        trial.servesTheNext();
    }

    private static void kickFirst(Frontend frontend) {
        try (GuestRam ram = new GuestRam(Trial.RAM, 1 << 16);
                DriverRing ring = new DriverRing(ram, 8, false)) {
            Wire.refuses(frontend, FrontendRequest.SET_VRING_KICK, U64.of(0), ring.kickFd());
            ring.kick();
            Wire.refuses(frontend, FrontendRequest.SET_VRING_ENABLE, VringState.of(0, 1));
            ring.awaitError(Trial.WATCH_MS);
        }
    }

    private static void ringOutside(Frontend frontend) {
        try (GuestRam ram = frontend.share(Trial.RAM, 1 << 16);
                DriverRing ring = new DriverRing(ram, 8, false)) {
            frontend.did(FrontendRequest.SET_VRING_NUM, VringState.of(0, 8));
            Wire.refuses(frontend, FrontendRequest.SET_VRING_ADDR, VringAddress.of(0, 1L << 50, 1L << 51, 1L << 52));
            Wire.refuses(frontend, FrontendRequest.SET_VRING_KICK, U64.of(0), ring.kickFd());
            ring.kick();
            ring.awaitError(Trial.WATCH_MS);
        }
    }

    private static void shortFile(Frontend frontend) {
        try (GuestRam ram = new GuestRam(Trial.RAM, 4096)) {
            Wire.refuses(
                    frontend,
                    FrontendRequest.ADD_MEM_REG,
                    SingleRegion.of(Trial.RAM, 1 << 20, ram.userAddress(), 0),
                    ram.fd());
        }
    }

    private static void wrappingRegion(Frontend frontend) {
        try (GuestRam ram = new GuestRam(Trial.RAM, 1 << 16)) {
            Wire.refuses(frontend, FrontendRequest.ADD_MEM_REG, SingleRegion.of(-4096, 1 << 16, -8192, 0), ram.fd());
        }
    }

    private static void noEventfd(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.check(3, 141);
        disk.frontend().stopRing(0);
        Wire.refuses(
                disk.frontend(),
                FrontendRequest.SET_VRING_KICK,
                U64.of(0),
                disk.ram().fd());
        Wire.refuses(disk.frontend(), FrontendRequest.SET_VRING_ENABLE, VringState.of(0, 1));
        disk.ring().awaitError(Trial.WATCH_MS);
        trial.servesTheNext();
    }

    private static void memoryVanishes(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.check(3, 142);
        disk.ram().shrink(0);
        disk.ring().kick();
        disk.ring().awaitError(Trial.WATCH_MS);
        trial.servesTheNext();
    }
}
