// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.MessageHeader;
import io.tidemark.vhost.protocol.ProtocolFeature;
import io.tidemark.vhost.protocol.U64;
import java.util.List;

/** Features, protocol features, and the form of messages. */
final class NegotiationRules {
    static final List<Rule> ALL = List.of(
            must(
                    "negotiation/features-first",
                    "vhost-user.rst, VHOST_USER_GET_FEATURES",
                    "GET_FEATURES is answered as the first message",
                    NegotiationRules::featuresFirst),
            must(
                    "negotiation/answer-header",
                    "vhost-user.rst, Header",
                    "an answer has version 1, the reply flag, the request's number and its whole payload",
                    NegotiationRules::answerHeader),
            must(
                    "negotiation/features-again",
                    "vhost-user.rst, VHOST_USER_GET_FEATURES",
                    "the offer is the same when it is asked for again",
                    NegotiationRules::featuresAgain),
            must(
                    "negotiation/protocol-features",
                    "vhost-user.rst, VHOST_USER_F_PROTOCOL_FEATURES",
                    "protocol features are offered, with CONFIG among them: a block device needs it",
                    NegotiationRules::protocolFeatures),
            must(
                    "negotiation/version-1",
                    "virtio 1.3, 6.2",
                    "VIRTIO_F_VERSION_1 is offered",
                    trial -> Expect.that(trial.hasFeature(BlkFeatures.VERSION_1), "bit 32 is not offered")),
            must(
                    "negotiation/flush-with-wce",
                    "virtio 1.3, 5.2.5.2",
                    "who offers CONFIG_WCE offers FLUSH",
                    NegotiationRules::flushWithWce),
            must(
                    "negotiation/queue-num",
                    "vhost-user.rst, VHOST_USER_GET_QUEUE_NUM",
                    "with MQ the number of queues is told, at least one",
                    NegotiationRules::queueNum),
            must(
                    "negotiation/bytewise",
                    "vhost-user.rst, Message Specification",
                    "a message that comes byte by byte is understood",
                    NegotiationRules::bytewise),
            must(
                    "negotiation/two-at-once",
                    "vhost-user.rst, Message Specification",
                    "two messages that come in one piece are both answered, in order",
                    NegotiationRules::twoAtOnce),
            should(
                    "negotiation/features-not-offered",
                    "virtio 1.3, 2.2.2",
                    "SET_FEATURES with a bit that was not offered is refused",
                    NegotiationRules::featuresNotOffered),
            should(
                    "negotiation/protocol-features-not-offered",
                    "vhost-user.rst, VHOST_USER_SET_PROTOCOL_FEATURES",
                    "SET_PROTOCOL_FEATURES with a bit that was not offered is refused",
                    NegotiationRules::protocolFeaturesNotOffered));

    private NegotiationRules() {}

    private static void featuresFirst(Trial trial) {
        Expect.that(trial.connect().getU64(FrontendRequest.GET_FEATURES) != 0, "no feature is offered");
    }

    private static void answerHeader(Trial trial) {
        Frontend frontend = trial.connect();
        try (Message answer = frontend.ask(FrontendRequest.GET_FEATURES, Wire.EMPTY)) {
            Expect.same(answer.flags() & MessageHeader.VERSION_MASK, MessageHeader.VERSION, "the version");
            Expect.same(answer.flags() & MessageHeader.REPLY, MessageHeader.REPLY, "the reply flag");
            Expect.same(answer.payload().byteSize(), U64.SIZE, "the payload's size");
        }
    }

    private static void featuresAgain(Trial trial) {
        Frontend frontend = trial.connect();
        long first = frontend.getU64(FrontendRequest.GET_FEATURES);
        frontend.set(FrontendRequest.SET_OWNER, Wire.EMPTY);
        Expect.same(frontend.getU64(FrontendRequest.GET_FEATURES), first, "the offer");
    }

    private static void protocolFeatures(Trial trial) {
        Expect.that(trial.hasFeature(BlkFeatures.PROTOCOL_FEATURES), "feature bit 30 is not offered");
        Expect.that(trial.hasProtocolFeature(ProtocolFeature.CONFIG), "protocol feature CONFIG is not offered");
    }

    private static void flushWithWce(Trial trial) {
        Expect.offered(trial.hasFeature(BlkFeatures.CONFIG_WCE), "CONFIG_WCE");
        Expect.that(trial.hasFeature(BlkFeatures.FLUSH), "CONFIG_WCE is offered without FLUSH");
    }

    private static void queueNum(Trial trial) {
        Expect.offered(trial.hasProtocolFeature(ProtocolFeature.MQ), "MQ");
        long queues = trial.negotiated().getU64(FrontendRequest.GET_QUEUE_NUM);
        Expect.that(queues >= 1 && queues <= 0x10000, "%d queues", queues);
    }

    private static void bytewise(Trial trial) {
        Frontend frontend = trial.connect();
        for (byte b : Wire.message(FrontendRequest.GET_FEATURES, 0)) {
            frontend.raw(new byte[] {b});
        }
        try (Message answer = frontend.receive()) {
            Expect.that(answer != null, "the connection was ended");
            Expect.same(answer.number(), FrontendRequest.GET_FEATURES.number(), "the answer's number");
        }
    }

    private static void twoAtOnce(Trial trial) {
        Frontend frontend = trial.connect();
        byte[] first = Wire.message(FrontendRequest.GET_FEATURES, 0);
        byte[] second = Wire.message(FrontendRequest.GET_PROTOCOL_FEATURES, 0);
        byte[] both = new byte[first.length + second.length];
        System.arraycopy(first, 0, both, 0, first.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        frontend.raw(both);
        for (FrontendRequest wanted : List.of(FrontendRequest.GET_FEATURES, FrontendRequest.GET_PROTOCOL_FEATURES)) {
            try (Message answer = frontend.receive()) {
                Expect.that(answer != null, "the connection was ended");
                Expect.same(answer.number(), wanted.number(), "the answer's number");
            }
        }
    }

    private static void featuresNotOffered(Trial trial) {
        Frontend frontend = trial.negotiated();
        long alien = 1L << 62;
        Expect.that(
                Wire.refuses(frontend, FrontendRequest.SET_FEATURES, U64.of(frontend.features() | alien)),
                "feature bit 62 was answered by 0");
    }

    private static void protocolFeaturesNotOffered(Trial trial) {
        Frontend frontend = trial.negotiated();
        long alien = 1L << 62;
        Expect.that(
                Wire.refuses(
                        frontend,
                        FrontendRequest.SET_PROTOCOL_FEATURES,
                        U64.of(ProtocolFeature.REPLY_ACK | ProtocolFeature.CONFIG | alien)),
                "protocol feature bit 62 was answered by 0");
    }
}
