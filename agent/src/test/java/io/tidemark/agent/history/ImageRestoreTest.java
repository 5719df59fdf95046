// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.image.RestoreNotes;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.format.Micros;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.read.State;
import io.tidemark.cdp.restore.RestoreNote;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A restore that was interrupted, while the history goes on. */
class ImageRestoreTest {
    private static final int DISK = 1 << 20;

    @TempDir
    Path folder;

    private final long begin = Micros.of(Instant.now()) - 1_000_000;

    /** The number of its state names another one by then: behind it are a flush, and a gap in which something was missed. */
    @Test
    void theSameCommandGoesOnWithTheStateThatItBeganWith() throws IOException {
        Store store = Store.openOrCreate(folder.resolve("store"));
        try (var writer = store.write("vda", DISK)) {
            writer.gapBegin(begin, GapReason.START);
            writer.syncZero(0, 0, DISK);
            writer.gapEnd(begin);
            writer.zero(begin + 1, 0, 4096);
        }
        State state;
        try (var reader = store.read("vda")) {
            state = reader.resolve(new Point.Latest());
        }
        String image = "raw:" + Files.write(folder.resolve("restored.img"), new byte[DISK]);
        RestoreNote.begin(
                RestoreNotes.beside(ImageName.parse(image)).orElseThrow(),
                new RestoreNote.Goal(store.history("vda").id(), state.number(), state.time(), DISK, "latest", ""));
        try (var writer = store.write("vda", DISK);
                Arena arena = Arena.ofConfined()) {
            writer.flush(begin + 2, 1);
            writer.gapBegin(begin + 3, GapReason.PAUSED, false);
            writer.syncData(1, 0, arena.allocate(4096).fill((byte) 7));
            writer.gapEnd(begin + 4);
        }
        var order = new RestoreOrder(
                StoreName.parse(folder.resolve("store").toString()), "vda", new Point.Latest(), "latest", image, false);
        try (var reader = store.read("vda")) {
            assertThat(new ImageRestore(reader, order).run(Progress.NONE).state())
                    .isEqualTo(state);
        }
        assertThat(folder.resolve("restored.img")).hasBinaryContent(new byte[DISK]);
        assertThat(folder.resolve("restored.img.restore")).doesNotExist();
    }

    /** Its map would say of the restored image that it holds a part, and an agent that goes on with the overlay would mix the two. */
    @Test
    void anOverlayIsNotRestoredInto() throws IOException {
        Store store = Store.openOrCreate(folder.resolve("store"));
        try (var writer = store.write("vda", DISK)) {
            writer.gapBegin(begin, GapReason.START);
            writer.syncZero(0, 0, DISK);
            writer.gapEnd(begin);
        }
        Path image = Files.write(folder.resolve("overlay.img"), new byte[] {1, 2, 3});
        Files.writeString(folder.resolve("overlay.img.overlay"), "TMRKOVER");
        var order = new RestoreOrder(
                StoreName.parse(folder.resolve("store").toString()),
                "vda",
                new Point.Latest(),
                "latest",
                "raw:" + image,
                true);
        try (var reader = store.read("vda")) {
            assertThatThrownBy(() -> new ImageRestore(reader, order).run(Progress.NONE))
                    .isInstanceOfSatisfying(
                            AgentException.class, e -> assertThat(e.code()).isEqualTo(Code.REFUSED))
                    .hasMessageContaining("overlay.img.overlay");
        }
        assertThat(image).hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(folder.resolve("overlay.img.restore")).doesNotExist();
    }
}
