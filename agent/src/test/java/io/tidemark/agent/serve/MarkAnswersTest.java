// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.AgentException;
import io.tidemark.cdp.Histories;
import io.tidemark.cdp.History;
import io.tidemark.cdp.write.HistoryWriter;
import io.tidemark.filters.capture.Mark;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class MarkAnswersTest {
    private final History history = Histories.inMemory(1 << 20);
    private final HistoryWriter writer =
            Histories.writer(history, Histories.SMALL.withPatience(Duration.ofMillis(100)));

    @Test
    void aMarkThatTheStoreHasIsDurable() {
        var mark = Mark.set(writer, 1, "begin");
        assertThat(new MarkAnswers("begin").of("vda", mark).durable()).isTrue();
        writer.close();
        assertThat(new MarkAnswers("begin").of("vda", mark).durable()).isTrue();
    }

    @Test
    void ofOneWhoseHistoryHasEndedNothingIsPromised() {
        Histories.meta(history).breakDown();
        var mark = Mark.set(writer, 1, "begin");
        writer.close();
        assertThatThrownBy(() -> new MarkAnswers("begin").of("vda", mark))
                .isInstanceOf(AgentException.class)
                .hasMessageContaining("disk vda: the mark \"begin\" may be lost")
                .hasMessageContaining("tidemark history");
    }
}
