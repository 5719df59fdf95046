// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.AttachedDisk;
import io.tidemark.integration.conformance.trial.Descriptors;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.ProtocolFeature;
import java.util.List;

/** The channel on which a backend asks its frontend. */
final class BackendChannelRules {
    private static final String SECTION = "vhost-user.rst, VHOST_USER_SET_BACKEND_REQ_FD";

    static final List<Rule> ALL = List.of(
            must(
                    "backend-channel/taken",
                    SECTION,
                    "a channel is taken, and so is another in its place",
                    BackendChannelRules::taken),
            must(
                    "backend-channel/closed",
                    SECTION,
                    "a frontend that closes its end of the channel is served on",
                    BackendChannelRules::closed),
            should(
                    "backend-channel/without-file",
                    SECTION,
                    "a message without the channel is refused",
                    BackendChannelRules::withoutFile));

    private BackendChannelRules() {}

    private static void offered(Trial trial) {
        Expect.offered(trial.hasProtocolFeature(ProtocolFeature.BACKEND_REQ), "BACKEND_REQ");
    }

    private static void give(Frontend frontend) {
        try (Descriptors.Pair pair = Descriptors.socketPair()) {
            Expect.that(
                    frontend.did(FrontendRequest.SET_BACKEND_REQ_FD, Wire.EMPTY, pair.theirs()),
                    "the channel was refused");
        }
    }

    private static void taken(Trial trial) {
        offered(trial);
        Frontend frontend = trial.negotiated();
        give(frontend);
        give(frontend);
        frontend.getU64(FrontendRequest.GET_FEATURES);
    }

    private static void closed(Trial trial) {
        offered(trial);
        AttachedDisk disk = trial.attach();
        give(disk.frontend());
        disk.check(3, 191);
    }

    private static void withoutFile(Trial trial) {
        offered(trial);
        Expect.that(
                Wire.refuses(trial.negotiated(), FrontendRequest.SET_BACKEND_REQ_FD, Wire.EMPTY),
                "a message without a file was answered by 0");
        trial.servesTheNext();
    }
}
