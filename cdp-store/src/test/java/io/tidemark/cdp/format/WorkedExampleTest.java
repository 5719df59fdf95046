// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.format;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Histories;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The bytes of the worked example in docs/store-format.md. */
class WorkedExampleTest {
    private static final long TIME = 1_767_225_600_000_000L;

    @Test
    void theDocumentShowsTheBytesThatAreWritten() throws Exception {
        var history = Histories.inMemory(1 << 20);
        try (var writer = Histories.writer(history)) {
            writer.gapBegin(TIME, GapReason.START);
            writer.syncZero(0, 0, 1 << 20);
            writer.gapEnd(TIME + 1);
            writer.write(TIME + 2, 4096, MemorySegment.ofArray(new byte[512]).fill((byte) 'A'));
            writer.discard(TIME + 3, 8192, 4096);
            writer.mark(TIME + 4, "ready");
        }
        var document = Files.readString(Path.of("../docs/store-format.md"));
        var shown = "data/00000001\n" + dump(Histories.data(history).content("00000001")) + "\nmeta/00000001\n"
                + dump(Histories.meta(history).content("00000001"));
        Files.writeString(Path.of("target/worked-example.txt"), shown);
        assertThat(document).contains(shown);
    }

    private static String dump(byte[] bytes) {
        var lines = new StringBuilder();
        for (int at = 0; at < bytes.length; at += 16) {
            lines.append(String.format(Locale.ROOT, "%04x  ", at))
                    .append(HexFormat.ofDelimiter(" ").formatHex(bytes, at, Math.min(at + 16, bytes.length)))
                    .append('\n');
        }
        return lines.toString();
    }
}
