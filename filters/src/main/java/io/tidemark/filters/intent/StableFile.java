// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A file of sectors that are written over in place. Sectors of 512 bytes are written whole or not at all. One thread at a time. */
public interface StableFile extends AutoCloseable {
    long size() throws IOException;

    /** Fills the buffer from there on; the file is long enough. */
    void read(long at, ByteBuffer into) throws IOException;

    /** Writes the buffer there; the file grows if need be. */
    void write(long at, ByteBuffer from) throws IOException;

    /** What was written is on stable storage when this returns. */
    void sync() throws IOException;

    /** Removes the file, on stable storage when this returns; it is used no more. */
    void delete() throws IOException;

    @Override
    void close() throws IOException;
}
