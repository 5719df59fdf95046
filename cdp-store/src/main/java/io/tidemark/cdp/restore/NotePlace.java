// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.restore;

import java.util.Optional;

/**
 * Where the {@linkplain RestoreNote note} of an image lies: beside the image, so that nothing else is needed to find it. Used by one
 * thread at a time. What fails is a {@link io.tidemark.cdp.StoreException}, or the image's own exception.
 */
public interface NotePlace extends AutoCloseable {
    /** No note is larger, in bytes. */
    int LARGEST = 64 << 20;

    /** What is noted, and of something larger than a note a byte more than {@link #LARGEST}; empty if nothing is. */
    Optional<byte[]> read();

    /** Notes this in place of what is there: in full or not at all, and on stable storage when it returns. */
    void replace(byte[] content);

    /** Takes the note away, if there is one, for good when it returns. */
    void remove();

    /** How a user takes it away, as a part of a sentence. */
    String removal();

    /** Its name, for messages. */
    @Override
    String toString();

    /** Gives back what it took to get there. It can be used again, and takes that again then. */
    @Override
    void close();
}
