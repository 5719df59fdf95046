// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.image.RestoreNotes;
import io.tidemark.cdp.restore.NotePlace;
import io.tidemark.cdp.restore.NotePlaceTest;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageName;
import io.tidemark.integration.store.Ceph;
import org.junit.jupiter.api.Test;

/** Notes beside images in a cluster. */
class NoteObjectIT extends NotePlaceTest {
    private final String image = Ceph.newImage("notes");

    @Override
    protected NotePlace place() {
        return beside(image);
    }

    private static NotePlace beside(String image) {
        return RestoreNotes.beside(ImageName.parse(image)).orElseThrow();
    }

    /** The image may be another process's by now, and with it the note. */
    @Test
    void whoHasNotSeenTheLastNoteChangesNothing() {
        try (NotePlace late = place();
                NotePlace other = place()) {
            late.replace(new byte[] {1});
            assertThat(other.read()).isPresent();
            other.replace(new byte[] {2});
            refused(() -> late.replace(new byte[] {3}));
            refused(late::remove);
            assertThat(other.read()).hasValueSatisfying(read -> assertThat(read).containsExactly(2));
            other.remove();
            refused(() -> late.replace(new byte[] {4}));
            refused(late::remove);
            assertThat(other.read()).isEmpty();
            other.replace(new byte[] {5});
            try (NotePlace another = place()) {
                refused(() -> another.replace(new byte[] {6}));
            }
            refused(late::remove);
            assertThat(other.read()).hasValueSatisfying(read -> assertThat(read).containsExactly(5));
        }
    }

    private static void refused(Runnable change) {
        assertThatThrownBy(change::run)
                .isInstanceOfSatisfying(
                        ImageException.class, e -> assertThat(e.code()).isEqualTo(Code.IN_USE))
                .hasMessageContaining("another process");
    }

    @Test
    void aQcow2ImageHasItsContainersAndASnapshotHasNone() {
        try (NotePlace container = place();
                NotePlace qcow2 = beside("qcow2:" + image)) {
            container.replace(new byte[] {1});
            assertThat(qcow2.read()).isPresent();
            assertThat(qcow2.removal()).contains("rados --pool rbd --namespace notes rm tidemark.restore.image");
        }
        assertThat(RestoreNotes.beside(ImageName.parse(image.replaceFirst(":conf", "@then:conf"))))
                .isEmpty();
    }

    @Test
    void aClusterOrPoolThatIsNotThereIsTold() {
        try (NotePlace nowhere = beside("rbd:rbd/vda:conf=/nowhere/ceph.conf")) {
            assertThatThrownBy(nowhere::read).hasMessageContaining("image rbd:rbd/vda", "/nowhere/ceph.conf");
        }
        try (NotePlace none = beside(image.replaceFirst("rbd:rbd/", "rbd:none/"))) {
            assertThatThrownBy(none::read).hasMessageContaining("there is no ceph pool none");
        }
    }
}
