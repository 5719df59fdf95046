// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.probe;

import io.tidemark.integration.conformance.Candidate;
import io.tidemark.integration.conformance.OwnedTarget;
import io.tidemark.integration.conformance.Scratch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** docs/features.md. */
public final class FeaturePage {
    private static final String INTRODUCTION = """
            # Features

            What vhost-user-blk backends say of themselves on the wire, each serving a writable raw image of 64 MiB with two queues.
            `bin/conformance --probe` asks them and writes this page; whether they do what they say is in
            [conformance.md](conformance.md).

            Other backends are missing: no package of Debian 12 or 13, nor of Maven Central, has one that can be started. SPDK's
            vhost target, QEMU's contrib/vhost-user-blk, DPDK's example, cloud-hypervisor's and ubiblk are built from source; to have
            such a one tested, see [conformance.md](conformance.md).

            `–`: not offered. The messages are sent whether or not their feature is offered, each on a connection of its own; a
            backend may end the connection at one that it did not offer.
            """;

    private FeaturePage() {}

    public static String of(List<Candidate> candidates) {
        List<Findings> columns = new ArrayList<>();
        for (Candidate candidate : candidates) {
            try (Scratch scratch = new Scratch();
                    OwnedTarget target = scratch.start(candidate, false)) {
                columns.add(Probe.of(candidate.name(), target));
            }
        }
        return page(columns);
    }

    private static String page(List<Findings> columns) {
        List<String> lines = new ArrayList<>();
        begin(lines, columns, "Virtio features (GET_FEATURES)", "bit | name", 2);
        for (NamedBit bit : NamedBit.VIRTIO) {
            row(lines, columns, bit.bit() + " | " + bit.name(), f -> yes(bit.in(f.features())));
        }
        row(lines, columns, "others | ", f -> others(f.features(), NamedBit.VIRTIO));
        begin(lines, columns, "Protocol features (GET_PROTOCOL_FEATURES)", "bit | name", 2);
        for (NamedBit bit : NamedBit.PROTOCOL) {
            row(lines, columns, bit.bit() + " | " + bit.name(), f -> yes(bit.in(f.protocolFeatures())));
        }
        row(lines, columns, "others | ", f -> others(f.protocolFeatures(), NamedBit.PROTOCOL));
        begin(lines, columns, "Limits", "limit", 1);
        for (String limit : columns.getFirst().limits().keySet()) {
            row(lines, columns, limit, f -> f.limits().get(limit));
        }
        begin(lines, columns, "Configuration space (GET_CONFIG)", "field", 1);
        for (ConfigField field : ConfigField.ALL) {
            row(lines, columns, field.name(), f -> Long.toString(field.value().applyAsLong(f.config())));
        }
        begin(lines, columns, "Messages, sent with need_reply", "number | message", 2);
        for (int i = 0; i < Question.ALL.size(); i++) {
            Question question = Question.ALL.get(i);
            int at = i;
            row(
                    lines,
                    columns,
                    question.number() + " | " + question.name(),
                    f -> f.answers().get(at));
        }
        return INTRODUCTION + String.join("\n", lines) + "\n";
    }

    private static void begin(List<String> lines, List<Findings> columns, String title, String head, int width) {
        lines.add("");
        lines.add("## " + title);
        lines.add("");
        row(lines, columns, head, Findings::name);
        lines.add("|" + "---|".repeat(width + columns.size()));
    }

    private static void row(List<String> lines, List<Findings> columns, String head, Function<Findings, String> value) {
        lines.add("| " + head + " | " + columns.stream().map(value).collect(Collectors.joining(" | ")) + " |");
    }

    private static String yes(boolean offered) {
        return offered ? "yes" : "–";
    }

    /** Bits that have no name here. */
    private static String others(long bits, List<NamedBit> known) {
        String names = IntStream.range(0, Long.SIZE)
                .filter(bit -> (bits >>> bit & 1) != 0 && known.stream().noneMatch(k -> k.bit() == bit))
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", "));
        return names.isEmpty() ? "–" : names;
    }
}
