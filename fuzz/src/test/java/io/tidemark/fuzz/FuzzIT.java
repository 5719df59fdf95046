// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A minute of fuzzing, over all targets. {@code -Dtidemark.seed=N} for the same again, as far as threads allow. */
class FuzzIT {
    private static final int SECONDS = Integer.getInteger("tidemark.fuzz.seconds", 60);

    private static List<String> targets() {
        return Targets.NAMES;
    }

    @ParameterizedTest
    @MethodSource("targets")
    void findsNothing(String target) throws Exception {
        int seed = Integer.getInteger("tidemark.seed", (int) (System.nanoTime() >>> 10 & 0xffff));
        Path work = Files.createDirectories(Path.of("target", "fuzzing")).toAbsolutePath();
        FuzzRun run = new FuzzRun(target, work);
        Duration time = Duration.ofSeconds(SECONDS / Targets.NAMES.size());
        String finding = run.fuzz(Path.of("corpus", target).toAbsolutePath(), time, seed);
        assertThat(finding).as("seed %d", seed).isEmpty();
        System.out.println(run.summary() + ", seed " + seed);
    }
}
