// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.util.List;

/**
 * A place that keeps named, append-only segments.
 *
 * <p>Names are decimal numbers of eight digits, some with a dot and a generation behind them. Methods may be called from any thread; a segment that is written belongs
 * to one thread. A missing segment is a {@link java.nio.file.NoSuchFileException}, one too many a
 * {@link java.nio.file.FileAlreadyExistsException}, a full volume an {@link IOException} that says "No space left".
 */
public interface StoreVolume extends AutoCloseable {
    /** The volume as messages name it. */
    String name();

    /** The names of all segments, ascending. */
    List<String> list() throws IOException;

    /** Makes an empty segment, to be written. Its name is on stable storage when this returns. */
    Segment create(String name) throws IOException;

    /** Opens a segment to be read. */
    Segment open(String name) throws IOException;

    /** Opens a segment to be cut and appended to. */
    Segment reopen(String name) throws IOException;

    /** Makes sure that what is read of a segment next comes from stable storage, as far as the file system allows that. */
    void dropCache(String name) throws IOException;

    /** Deletes a segment; on stable storage when this returns. */
    void delete(String name) throws IOException;

    @Override
    void close();
}
