// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.metrics;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.tidemark.agent.ServedDisk;
import io.tidemark.agent.Version;
import io.tidemark.filters.protect.ConsistentCut;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** All counters of the agent in Prometheus' text format 0.0.4. Made anew for each scrape; nothing is registered anywhere. */
public final class Exposition {
    public static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    private Exposition() {}

    public static byte[] of(List<ServedDisk> disks, ConsistentCut cuts) {
        Families families = new Families();
        families.info("tidemark", "Which version runs.", "version", Version.current());
        for (ServedDisk disk : disks) {
            DiskMetrics.add(disk, families);
        }
        cuts(cuts, families);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            new PrometheusTextFormatWriter(false).write(text, new MetricSnapshots(families.all()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toByteArray();
    }

    private static void cuts(ConsistentCut cuts, Families to) {
        to.counter("tidemark_cuts", "Marks that were set over several disks at one moment.", cuts.made());
        to.counter("tidemark_cuts_refused", "Those that could not be set.", cuts.refused());
    }
}
