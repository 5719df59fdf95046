// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** What every place of a note must do. */
public abstract class NotePlaceTest {
    /** A place beside an image; always the same. */
    protected abstract NotePlace place();

    private static byte[] note(int bytes) {
        var note = new byte[bytes];
        new Random(bytes).nextBytes(note);
        return note;
    }

    @Test
    protected void aNoteIsReplacedAsAWholeAndRemoved() {
        try (NotePlace mine = place();
                NotePlace another = place()) {
            assertThat(mine.read()).isEmpty();
            mine.remove();
            assertThat(mine.toString()).contains("restore");
            // The largest that a restore with many small extents keeps, and beyond.
            for (int size : new int[] {100, 64 << 10, (64 << 10) + 1, 20 << 20, 3}) {
                mine.replace(note(size));
                assertThat(another.read())
                        .hasValueSatisfying(read -> assertThat(read).isEqualTo(note(size)));
                mine.close();
            }
            mine.remove();
            assertThat(another.read()).isEmpty();
            another.replace(note(5));
            assertThat(mine.read()).hasValueSatisfying(read -> assertThat(read).isEqualTo(note(5)));
            mine.replace(note(6));
            mine.remove();
            assertThat(mine.read()).isEmpty();
        }
    }
}
