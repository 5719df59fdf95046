// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.MessageHeader;
import io.tidemark.vhost.protocol.ProtocolFeature;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringState;
import java.util.List;

/** What is answered, and what is not. */
final class AcknowledgementRules {
    private static final String SECTION = "vhost-user.rst, VHOST_USER_PROTOCOL_F_REPLY_ACK";
    private static final int UNKNOWN = 1000;

    static final List<Rule> ALL = List.of(
            must("reply-ack/done", SECTION, "what was done is answered by 0", AcknowledgementRules::done),
            must(
                    "reply-ack/not-asked",
                    SECTION,
                    "without need_reply a message that has no answer gets none",
                    AcknowledgementRules::notAsked),
            must(
                    "reply-ack/own-answer",
                    SECTION,
                    "need_reply changes nothing for messages that have an answer of their own",
                    AcknowledgementRules::ownAnswer),
            should(
                    "reply-ack/refused",
                    SECTION,
                    "what can't be done is answered by another number than 0, and the connection goes on",
                    AcknowledgementRules::refused),
            should(
                    "reply-ack/unknown",
                    SECTION,
                    "an unknown message is answered by another number than 0, and the connection goes on",
                    AcknowledgementRules::unknown));

    private AcknowledgementRules() {}

    private static Frontend acknowledged(Trial trial) {
        Expect.offered(trial.hasProtocolFeature(ProtocolFeature.REPLY_ACK), "REPLY_ACK");
        return trial.negotiated();
    }

    private static void done(Trial trial) {
        Expect.that(
                acknowledged(trial).did(FrontendRequest.SET_OWNER, Wire.EMPTY), "SET_OWNER was answered by a refusal");
    }

    private static void notAsked(Trial trial) {
        Frontend frontend = acknowledged(trial);
        frontend.set(FrontendRequest.SET_OWNER, Wire.EMPTY);
        frontend.set(FrontendRequest.SET_FEATURES, U64.of(frontend.features()));
        frontend.getU64(FrontendRequest.GET_FEATURES);
    }

    private static void ownAnswer(Trial trial) {
        Frontend frontend = acknowledged(trial);
        frontend.raw(Wire.message(FrontendRequest.GET_FEATURES, MessageHeader.NEED_REPLY));
        frontend.raw(Wire.message(FrontendRequest.GET_PROTOCOL_FEATURES, MessageHeader.NEED_REPLY));
        for (FrontendRequest wanted : List.of(FrontendRequest.GET_FEATURES, FrontendRequest.GET_PROTOCOL_FEATURES)) {
            try (Message answer = frontend.receive()) {
                Expect.that(answer != null, "the connection was ended");
                Expect.same(answer.number(), wanted.number(), "the answer's number");
                Expect.that(U64.get(answer.payload()) > 1, "%s was answered by an acknowledgement", wanted);
            }
        }
    }

    private static void refused(Trial trial) {
        Frontend frontend = acknowledged(trial);
        int noRing = 200;
        Expect.that(
                !frontend.did(FrontendRequest.SET_VRING_NUM, VringState.of(noRing, Trial.QUEUE_SIZE)),
                "the size of ring %d was answered by 0",
                noRing);
        frontend.getU64(FrontendRequest.GET_FEATURES);
    }

    private static void unknown(Trial trial) {
        Frontend frontend = acknowledged(trial);
        Expect.that(!frontend.did(UNKNOWN, Wire.EMPTY), "message %d was answered by 0", UNKNOWN);
        frontend.getU64(FrontendRequest.GET_FEATURES);
    }
}
