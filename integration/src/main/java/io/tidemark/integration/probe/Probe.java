// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.probe;

import io.tidemark.integration.conformance.OwnedTarget;
import io.tidemark.integration.conformance.trial.Config;
import io.tidemark.integration.conformance.trial.Health;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.MessageHeader;
import io.tidemark.vhost.protocol.ProtocolFeature;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Asks a backend everything that can be asked. */
final class Probe {
    private static final long RAM = 0x10_0000;

    private final OwnedTarget target;

    private Probe(OwnedTarget target) {
        this.target = target;
    }

    static Findings of(String name, OwnedTarget target) {
        return new Probe(target).findings(name);
    }

    private Findings findings(String name) {
        long features;
        long protocol;
        Config config;
        try (Trial trial = new Trial(target.socket())) {
            Frontend frontend = trial.connect();
            features = frontend.getU64(FrontendRequest.GET_FEATURES);
            protocol = frontend.getU64(FrontendRequest.GET_PROTOCOL_FEATURES);
            trial.leave();
            config = Config.of(trial.negotiated());
        }
        List<String> answers = new ArrayList<>();
        for (Question question : Question.ALL) {
            answers.add(ask(question));
            if (!target.alive() || !Health.answers(target.socket())) {
                answers.set(answers.size() - 1, answers.getLast() + ", and it died");
                target.restart();
            }
        }
        return new Findings(name, features, protocol, config, limits(protocol), answers);
    }

    private SequencedMap<String, String> limits(long protocol) {
        SequencedMap<String, String> limits = new LinkedHashMap<>();
        try (Trial trial = new Trial(target.socket())) {
            Frontend frontend = trial.negotiated();
            limits.put(
                    "queues (GET_QUEUE_NUM)",
                    (protocol & ProtocolFeature.MQ) == 0
                            ? "–"
                            : Long.toString(frontend.getU64(FrontendRequest.GET_QUEUE_NUM)));
            limits.put(
                    "memory slots (GET_MAX_MEM_SLOTS)",
                    (protocol & ProtocolFeature.CONFIGURE_MEM_SLOTS) == 0
                            ? "–"
                            : Long.toString(frontend.getU64(FrontendRequest.GET_MAX_MEM_SLOTS)));
            limits.put("largest ring that is taken", Integer.toString(largestRing(frontend)));
        }
        return limits;
    }

    private static int largestRing(Frontend frontend) {
        int largest = 0;
        for (int size = 2; size <= 32768; size *= 2) {
            if (!frontend.did(FrontendRequest.SET_VRING_NUM, VringState.of(0, size))) {
                break;
            }
            largest = size;
        }
        return largest;
    }

    /** Sends the message on a connection of its own, and behind it one that is surely answered. */
    private String ask(Question question) {
        try (Trial trial = new Trial(target.socket())) {
            Frontend frontend = trial.negotiated();
            GuestRam ram = trial.closing(new GuestRam(RAM, 1 << 16));
            byte[] payload = question.payload().apply(ram).toArray(ValueLayout.JAVA_BYTE);
            int[] files = question.withFile() ? new int[] {ram.fd()} : new int[0];
            frontend.raw(message(question.number(), MessageHeader.NEED_REPLY, payload), files);
            frontend.raw(message(FrontendRequest.GET_FEATURES.number(), 0, new byte[0]));
            try (Message answer = frontend.receive()) {
                return describe(question, answer);
            }
        } catch (RuntimeException e) {
            return "ends the connection";
        }
    }

    private static String describe(Question question, Message answer) {
        if (answer == null) {
            return "ends the connection";
        }
        if (answer.number() != question.number()) {
            return "no answer";
        }
        MemorySegment payload = answer.payload();
        // SET_LOG_BASE has an answer of its own, whose number means nothing.
        boolean own = question.name().startsWith("GET_")
                || question.name().startsWith("CHECK_")
                || question.name().equals("SET_LOG_BASE");
        if (payload.byteSize() == 0) {
            return "an empty answer";
        }
        if (payload.byteSize() == U64.SIZE && !own) {
            return U64.get(payload) == 0 ? "done" : "refused";
        }
        boolean unknown = payload.byteSize() == U64.SIZE && U64.get(payload) == 1 && question.number() > 40;
        return unknown ? "refused" : "answered" + (answer.fds().count() > 0 ? ", with a file" : "");
    }

    private static byte[] message(int number, int flags, byte[] payload) {
        return ByteBuffer.allocate(MessageHeader.SIZE + payload.length)
                .order(ByteOrder.nativeOrder())
                .putInt(number)
                .putInt(MessageHeader.VERSION | flags)
                .putInt(payload.length)
                .put(payload)
                .array();
    }
}
