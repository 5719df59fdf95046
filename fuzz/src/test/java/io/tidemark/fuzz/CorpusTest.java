// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every input that was ever worth keeping. */
@Timeout(60)
class CorpusTest {
    private static List<String> targets() {
        return Targets.NAMES;
    }

    @ParameterizedTest
    @MethodSource("targets")
    void findsNothing(String target) throws Exception {
        List<Path> inputs = CorpusFolder.files(Path.of("corpus", target));
        assertThat(inputs).hasSizeGreaterThan(5);
        try (Runner runner = new Runner(Targets.open(target))) {
            for (Path input : inputs) {
                assertThatCode(() -> runner.run(Files.readAllBytes(input)))
                        .as(input.toString())
                        .doesNotThrowAnyException();
            }
            runner.checkLeaks();
        }
    }
}
