// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.config.ThrottleSettings;
import io.tidemark.filters.throttle.Limits;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** The limits of a disk as options, each with its burst. */
final class LimitOptions {
    private static final String N = "N";

    private final Map<String, String> given = new LinkedHashMap<>();

    /** @throws io.tidemark.agent.AgentException USAGE */
    Limits limits() {
        return ThrottleSettings.parse(given);
    }

    @Option(names = "--iops", paramLabel = N, description = "Requests per second.")
    void iops(String text) {
        given.put("iops", text);
    }

    @Option(names = "--iops-burst", paramLabel = N, description = "Requests at once.")
    void iopsBurst(String text) {
        given.put("iops-burst", text);
    }

    @Option(names = "--iops-read", paramLabel = N, description = "Reads per second.")
    void iopsRead(String text) {
        given.put("iops-read", text);
    }

    @Option(names = "--iops-read-burst", paramLabel = N, description = "Reads at once.")
    void iopsReadBurst(String text) {
        given.put("iops-read-burst", text);
    }

    @Option(names = "--iops-write", paramLabel = N, description = "Writes, discards and write-zeroes per second.")
    void iopsWrite(String text) {
        given.put("iops-write", text);
    }

    @Option(names = "--iops-write-burst", paramLabel = N, description = "Of these at once.")
    void iopsWriteBurst(String text) {
        given.put("iops-write-burst", text);
    }

    @Option(names = "--bps", paramLabel = N, description = "Bytes read and written per second.")
    void bps(String text) {
        given.put("bps", text);
    }

    @Option(names = "--bps-burst", paramLabel = N, description = "Bytes at once.")
    void bpsBurst(String text) {
        given.put("bps-burst", text);
    }

    @Option(names = "--bps-read", paramLabel = N, description = "Bytes read per second.")
    void bpsRead(String text) {
        given.put("bps-read", text);
    }

    @Option(names = "--bps-read-burst", paramLabel = N, description = "Bytes read at once.")
    void bpsReadBurst(String text) {
        given.put("bps-read-burst", text);
    }

    @Option(names = "--bps-write", paramLabel = N, description = "Bytes written per second.")
    void bpsWrite(String text) {
        given.put("bps-write", text);
    }

    @Option(names = "--bps-write-burst", paramLabel = N, description = "Bytes written at once.")
    void bpsWriteBurst(String text) {
        given.put("bps-write-burst", text);
    }
}
