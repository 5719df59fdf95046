// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.ProcessCost;
import io.tidemark.integration.process.StartPace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an agent costs before it does anything. */
class FootprintIT extends LabTest {
    @Test
    void startsWithinASecondAndStaysSmall() {
        Path image = newImage(64 << 20);
        List<Long> millis = new ArrayList<>();
        List<Long> megabytes = new ArrayList<>();
        for (int i = 0; i < 5 || (i < 12 && Collections.min(millis) > 1000); i++) {
            try (TidemarkAgent agent = protect(image)) {
                millis.add(agent.startTime().toMillis());
                long quiet = System.nanoTime() + 2_000_000_000L;
                Await.until("idle seconds", Duration.ofSeconds(10), () -> System.nanoTime() > quiet);
                megabytes.add(ProcessCost.of(agent.pid()).residentBytes() / 1_000_000);
                assertThat(agent.terminate()).isZero();
            }
        }
        System.out.printf("start to listening socket: %s ms; resident when idle: %s MB%n", millis, megabytes);
        // Whatever else runs on the machine can only add to a start's time, so the shortest one says most about the
        // agent.
        assertThat(Collections.min(millis))
                .as("milliseconds to a listening socket")
                .isLessThanOrEqualTo(StartPace.millis(1000));
        assertThat(median(megabytes)).as("megabytes resident").isLessThanOrEqualTo(150);
    }

    private static long median(List<Long> figures) {
        return figures.stream().sorted().toList().get(figures.size() / 2);
    }
}
