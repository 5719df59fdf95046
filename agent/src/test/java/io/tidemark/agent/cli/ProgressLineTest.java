// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
    private static final long MIB = 1 << 20;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final StringWriter err = new StringWriter();

    @Test
    void silentForTwoSecondsThenRateAndEstimate() {
        ProgressLine line = new ProgressLine(new PrintWriter(err), false, "restored", now::get);
        now.set(Instant.ofEpochMilli(1999));
        line.at(100 * MIB, 1000 * MIB);
        assertThat(err.toString()).isEmpty();
        now.set(Instant.ofEpochMilli(2000));
        line.at(200 * MIB, 1000 * MIB);
        assertThat(err.toString()).isEqualTo("restored 200.0 MiB of 1000.0 MiB (20 %), 100.0 MiB/s, 8 s left\n");
        now.set(Instant.ofEpochMilli(6999));
        line.at(300 * MIB, 1000 * MIB);
        assertThat(err.toString().lines()).hasSize(1);
        line.close();
        assertThat(err.toString().lines()).hasSize(1);
    }

    @Test
    void aTerminalLineIsWrittenOverAndEndedOnce() {
        ProgressLine line = new ProgressLine(new PrintWriter(err), true, "verified", now::get);
        now.set(Instant.ofEpochSecond(4));
        line.at(400, 0);
        now.set(Instant.ofEpochSecond(5));
        line.at(500, 0);
        line.close();
        line.close();
        assertThat(err.toString()).isEqualTo("\rverified 400 B, 100 B/s\u001b[K\rverified 500 B, 100 B/s\u001b[K\n");
    }

    @Test
    void nobodyIsTold() {
        ProgressLine line = new ProgressLine(null, false, "verified", now::get);
        now.set(Instant.ofEpochSecond(9));
        line.at(1, 2);
        line.close();
        assertThat(err.toString()).isEmpty();
    }
}
