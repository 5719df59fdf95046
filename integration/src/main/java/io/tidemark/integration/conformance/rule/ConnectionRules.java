// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.protocol.FrontendRequest;
import java.util.List;

/** Frontends that come and go. */
final class ConnectionRules {
    private static final String SECTION = "vhost-user.rst, Communication";

    static final List<Rule> ALL = List.of(
            must("connection/hundred", SECTION, "a hundred frontends in a row are answered", ConnectionRules::hundred),
            must(
                    "connection/hundred-disks",
                    SECTION,
                    "a hundred frontends in a row set a ring up, use it, and vanish",
                    ConnectionRules::hundredDisks),
            must(
                    "connection/silent",
                    SECTION,
                    "frontends that connect, say nothing and leave do no harm",
                    ConnectionRules::silent),
            must(
                    "connection/in-flight",
                    SECTION,
                    "a frontend that vanishes with requests in flight does no harm",
                    ConnectionRules::inFlight),
            must(
                    "connection/second",
                    SECTION,
                    "a second frontend, served or not, does not disturb the first",
                    ConnectionRules::second));

    private ConnectionRules() {}

    private static void hundred(Trial trial) {
        for (int i = 0; i < 100; i++) {
            try (Frontend frontend = Frontend.connect(trial.socket())) {
                frontend.getU64(FrontendRequest.GET_FEATURES);
            }
        }
    }

    private static void hundredDisks(Trial trial) {
        for (int i = 0; i < 100; i++) {
            trial.attach().check(i, i);
            trial.leave();
        }
    }

    private static void silent(Trial trial) {
        for (int i = 0; i < 20; i++) {
            trial.connect();
            trial.leave();
        }
        trial.servesTheNext();
    }

    private static void inFlight(Trial trial) {
        for (int round = 0; round < 20; round++) {
            AttachedDisk disk = trial.attach().writable();
            for (int i = 0; i < 32; i++) {
                disk.offerWrite(64 + 4L * i, AttachedDisk.noise(4 * AttachedDisk.BLOCK, i));
            }
            disk.ring().publish();
            trial.leave();
        }
        // What was begun is done before the next frontend is served: nothing of it may come later.
        trial.attach().write(64, AttachedDisk.noise(128 * AttachedDisk.BLOCK, 181));
        trial.leave();
        Expect.same(
                trial.attach().read(64, 128 * AttachedDisk.BLOCK),
                AttachedDisk.noise(128 * AttachedDisk.BLOCK, 181),
                "what was written after them");
    }

    private static void second(Trial trial) {
        AttachedDisk disk = trial.attach();
        disk.check(3, 182);
        try (Frontend other = Frontend.connect(trial.socket())) {
            other.set(FrontendRequest.GET_FEATURES, Wire.EMPTY);
            disk.check(3, 183);
        }
        disk.check(3, 184);
        trial.servesTheNext();
    }
}
