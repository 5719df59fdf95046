// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

import io.tidemark.integration.conformance.report.MarkdownReport;
import java.util.List;
import java.util.SequencedMap;

/** docs/conformance.md. */
final class ConformancePage {
    private static final String INTRODUCTION = """
            # Conformance

            What vhost-user-blk backends have to do, rule by rule, and who does it. The rules come from QEMU's vhost-user.rst (the
            current text: some rules were written down after QEMU 7.2) and from virtio 1.3. *must*: the text says so, or no driver
            works without it. *should*: the text says so, a frontend in use counts on it, or it is plain robustness that no text
            asks for (all *hostile* rules). *optional*: a backend may leave it out.

                bin/conformance SOCKET --overwrite-disk               # any backend, whoever serves it
                bin/conformance SOCKET --overwrite-disk --report md   # or json
                bin/conformance --list
                bin/conformance --peers                               # writes this page

            Each rule has a connection of its own. `n/a`: the backend does not offer what the rule is about. A *hostile* rule is
            kept by a backend that goes on to serve the next frontend with its disk unchanged, whether or not it ended the
            connection. Here each backend serves a raw image with two queues; qemu-storage-daemon with io_uring, cache.direct and an
            iothread. The suite can't start somebody else's backend again: when a rule kills it, the rest is not tested; go on
            with `--rules`.

            """;

    private ConformancePage() {}

    static String of(List<Rule> rules, SequencedMap<String, List<Outcome>> columns) {
        return INTRODUCTION + MarkdownReport.of(rules, columns);
    }
}
