// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

import io.tidemark.integration.conformance.report.MarkdownReport;
import java.util.List;
import java.util.SequencedMap;

/** docs/conformance.md. */
final class ConformancePage {
    private static final String INTRODUCTION = """
            # Conformance

            What vhost-user-blk backends have to do, rule by rule, and who does it. The rules come from QEMU's vhost-user.rst and
            from virtio 1.3; *should* also covers what frontends in use count on. Each is tested on a fresh connection:

                bin/conformance --socket PATH --destroy-content   # any backend; its disk is overwritten
                bin/conformance --report                          # writes this page

            `n/a`: the backend does not offer what the rule is about. A *hostile* rule is kept by a backend that goes on to serve
            the next frontend with its disk unchanged, whether or not it ended the connection. Each backend serves a raw image with
            two queues; qemu-storage-daemon with io_uring, cache.direct and an iothread.

            """;

    private ConformancePage() {}

    static String of(List<Rule> rules, SequencedMap<String, List<Outcome>> columns) {
        return INTRODUCTION + MarkdownReport.of(rules, columns);
    }
}
