// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Where a store lies, or a part of one: small files, volumes of segments, leases, and places inside. All that the code above knows of
 * directories and clusters goes through here and {@link StoreVolume}.
 *
 * <p>Names have up to 80 letters, digits, dots, dashes and underscores, no dot first. Methods may be called from any thread. A
 * missing file or place is a {@link java.nio.file.NoSuchFileException}, a full store an {@link IOException} that says "No space left".
 */
public interface StorePlace {
    /** The place as messages name it. */
    String name();

    /** A place inside this one, whether it exists or not. */
    StorePlace in(String name);

    /** The names of the places inside, ascending. */
    List<String> places() throws IOException;

    /** Makes this place, those round it, and empty volumes in it; what exists stays. On stable storage when this returns. */
    void make(String... volumes) throws IOException;

    /** The names of the small files here, ascending. */
    List<String> files() throws IOException;

    /** Whether there is a small file of this name. */
    boolean has(String file) throws IOException;

    /**
     * The whole of a small file: one state of it, whoever replaces it meanwhile. On a network file system it may be a state that
     * was replaced from another host a moment ago.
     */
    byte[] read(String file) throws IOException;

    /**
     * Makes a small file, which is there in full or not at all. On stable storage when this returns.
     *
     * @return false if there is one already, which stays
     */
    boolean create(String file, byte[] content) throws IOException;

    /** Likewise in place of a former one, if there is one: after a crash it has the former content or this. For the one who may write. */
    void replace(String file, byte[] content) throws IOException;

    /** Who knows whether somebody is about to make or replace a small file. */
    interface InHand {
        boolean test(String file) throws IOException;
    }

    /** Removes what the dead have left of small files that they were about to make or replace, where that leaves anything. */
    default void removeUnfinished(InHand inHand) throws IOException {}

    /** Deletes a small file; on stable storage when this returns. */
    void delete(String file) throws IOException;

    /** A volume that was made here. */
    StoreVolume volume(String name);

    /** Likewise for bulk data, which hardly anybody reads soon. */
    StoreVolume bulk(String name);

    /**
     * Takes a lease, or says at once that another has it, in this process or elsewhere. It leaves a small file of its name, which only
     * says so, and which may be deleted, even while the lease is held, by who knows that nobody will want it any more.
     *
     * @return empty if another has it
     */
    Optional<Lease> take(String lease) throws IOException;

    /** Whether somebody has the lease now. Takes nothing. */
    boolean isTaken(String lease) throws IOException;
}
