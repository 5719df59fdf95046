// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.optional;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.ProtocolFeature;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringState;
import java.util.List;

/** The device back at its beginning, with the same frontend. */
final class ResetRules {
    private static final String RESET = "vhost-user.rst, VHOST_USER_RESET_DEVICE";
    private static final String STATUS = "vhost-user.rst, VHOST_USER_SET_STATUS";

    /** ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK (virtio 1.3, 2.1). */
    private static final int RUNNING = 0xf;

    static final List<Rule> ALL = List.of(
            must(
                    "reset/as-qemu-does",
                    "vhost-user.rst, VHOST_USER_GET_VRING_BASE",
                    "a guest's reboot: disabled, stopped, and set up anew at base 0",
                    ResetRules::asQemuDoes),
            must("reset/device-stops", RESET, "RESET_DEVICE stops the rings", ResetRules::deviceStops),
            must(
                    "reset/device-starts",
                    RESET,
                    "after RESET_DEVICE the device can be set up anew",
                    ResetRules::deviceStarts),
            must("reset/status", STATUS, "the status that was set is told", ResetRules::status),
            optional("reset/status-0", STATUS, "status 0 stops the rings", ResetRules::statusZero));

    private ResetRules() {}

    private static void setUpAnew(Trial trial, AttachedDisk disk, int seed) {
        Expect.that(
                disk.frontend()
                        .did(
                                FrontendRequest.SET_FEATURES,
                                U64.of(disk.frontend().features())),
                "SET_FEATURES was refused");
        DriverRing ring = trial.closing(disk.frontend().startRing(0, Trial.QUEUE_SIZE, disk.ram()));
        new AttachedDisk(trial, disk.frontend(), disk.ram(), ring).check(3, seed);
    }

    private static void asQemuDoes(Trial trial) {
        AttachedDisk disk = trial.attach();
        for (int round = 0; round < 20; round++) {
            Expect.that(
                    disk.frontend().did(FrontendRequest.SET_VRING_ENABLE, VringState.of(0, 0)),
                    "SET_VRING_ENABLE 0 was refused");
            disk.frontend().stopRing(0);
            setUpAnew(trial, disk, 171 + round);
        }
    }

    private static AttachedDisk resettable(Trial trial) {
        Expect.offered(trial.hasProtocolFeature(ProtocolFeature.RESET_DEVICE), "RESET_DEVICE");
        AttachedDisk disk = trial.attach();
        disk.check(3, 172);
        Expect.that(disk.frontend().did(FrontendRequest.RESET_DEVICE, Wire.EMPTY), "RESET_DEVICE was refused");
        return disk;
    }

    private static void silent(AttachedDisk disk) {
        disk.ring().offer(disk.prepare(0, 0, AttachedDisk.BLOCK).chain());
        disk.ring().publish();
        disk.ring().kick();
        Expect.that(disk.ring().take(Trial.WATCH_MS) == null, "a request was served after the reset");
    }

    private static void deviceStops(Trial trial) {
        silent(resettable(trial));
    }

    private static void deviceStarts(Trial trial) {
        setUpAnew(trial, resettable(trial), 173);
    }

    private static Frontend withStatus(Trial trial) {
        Expect.offered(trial.hasProtocolFeature(ProtocolFeature.STATUS), "STATUS");
        return trial.negotiated();
    }

    private static void status(Trial trial) {
        Frontend frontend = withStatus(trial);
        Expect.same(frontend.getU64(FrontendRequest.GET_STATUS), 0, "the status at the beginning");
        for (int status : new int[] {1, 3, 11, RUNNING}) {
            Expect.that(frontend.did(FrontendRequest.SET_STATUS, U64.of(status)), "status %d was refused", status);
            Expect.same(frontend.getU64(FrontendRequest.GET_STATUS) & status, status, "the status");
        }
    }

    private static void statusZero(Trial trial) {
        withStatus(trial);
        trial.leave();
        AttachedDisk disk = trial.attach();
        disk.frontend().did(FrontendRequest.SET_STATUS, U64.of(RUNNING));
        disk.check(3, 174);
        Expect.that(disk.frontend().did(FrontendRequest.SET_STATUS, U64.of(0)), "status 0 was refused");
        Expect.same(disk.frontend().getU64(FrontendRequest.GET_STATUS), 0, "the status");
        silent(disk);
    }
}
