// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.format;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.volume.StorePlace;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * The 64 bytes that say what a store or a history is (store-format.md, "Identity file").
 *
 * @param capacity the disk's size in bytes; 0 for a store
 * @param created microseconds since 1970
 */
public record IdentityFile(UUID id, long capacity, long created) {
    public static final int MAGIC = 0;
    public static final int VERSION = 8;
    public static final int ID = 16;
    public static final int CAPACITY = 32;
    public static final int CREATED = 40;
    public static final int CHECKSUM = 60;
    public static final int SIZE = 64;

    /** "TMRKSTOR" */
    public static final long STORE_MAGIC = 0x524f54534b524d54L;

    /** "TMRKHIST" */
    public static final long HISTORY_MAGIC = 0x545349484b524d54L;

    public static final int CURRENT = 1;

    /** The same of a disk that has grown. */
    public IdentityFile grown(long bytes) {
        return new IdentityFile(id, bytes, created);
    }

    /** The file's content. */
    public byte[] bytes(long magic) {
        var content = new byte[SIZE];
        var bytes = MemorySegment.ofArray(content);
        bytes.set(Le.U64, MAGIC, magic);
        bytes.set(Le.U32, VERSION, CURRENT);
        bytes.set(Le.U64, ID, id.getMostSignificantBits());
        bytes.set(Le.U64, ID + 8, id.getLeastSignificantBits());
        bytes.set(Le.U64, CAPACITY, capacity);
        bytes.set(Le.U64, CREATED, created);
        bytes.set(Le.U32, CHECKSUM, Le.crc32c(bytes, 0, CHECKSUM));
        return content;
    }

    /** Whether this is the content of such a file, of whatever version. */
    public static boolean isWhole(byte[] content, long magic) {
        var bytes = MemorySegment.ofArray(content);
        return content.length == SIZE
                && bytes.get(Le.U64, MAGIC) == magic
                && bytes.get(Le.U32, CHECKSUM) == Le.crc32c(bytes, 0, CHECKSUM);
    }

    /** Reads {@code name} of a place. */
    public static IdentityFile read(StorePlace place, String name, long magic) throws IOException {
        var file = place.name() + "/" + name;
        byte[] content = place.read(name);
        var bytes = MemorySegment.ofArray(content);
        if (content.length != SIZE || bytes.get(Le.U64, MAGIC) != magic) {
            throw new StoreException(Code.UNSUPPORTED, file + ": not a tidemark store: name another place");
        }
        if (!isWhole(content, magic)) {
            throw new StoreException(
                    Code.DAMAGED, file + ": checksum is wrong: salvage --identity writes these 64 bytes anew");
        }
        if (bytes.get(Le.U32, VERSION) != CURRENT) {
            throw new StoreException(
                    Code.UNSUPPORTED,
                    file + ": format version " + bytes.get(Le.U32, VERSION)
                            + " is not known here: use a later tidemark");
        }
        return new IdentityFile(
                new UUID(bytes.get(Le.U64, ID), bytes.get(Le.U64, ID + 8)),
                bytes.get(Le.U64, CAPACITY),
                bytes.get(Le.U64, CREATED));
    }
}
