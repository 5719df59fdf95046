// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.Libc;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import jnr.ffi.LibraryLoader;

/** librados and librbd, loaded when they are first needed. */
final class Ceph {
    private static final String RADOS = "librados.so.2";
    static final String RBD = "librbd.so.1";

    final LibRados rados;
    final LibRbd rbd;
    final WideCalls wide;

    private Ceph() {
        rados = LibraryLoader.create(LibRados.class).failImmediately().load(RADOS);
        rbd = LibraryLoader.create(LibRbd.class).failImmediately().load(RBD);
        wide = new WideCalls(RADOS, RBD);
    }

    private static final class Loaded {
        static final Ceph CEPH = new Ceph();
    }

    /** @throws IOException where the libraries are not installed */
    static Ceph load() throws IOException {
        try {
            return Loaded.CEPH;
        } catch (LinkageError | IllegalArgumentException e) {
            throw new IOException(
                    "librbd can't be loaded: install the package librbd1 (Debian) or librbd1/librados2", e);
        }
    }

    /** Throws for a negative errno. */
    static int check(int result, String what) throws IOException {
        if (result < 0) {
            throw failure(-result, what);
        }
        return result;
    }

    static IOException failure(long errno, String what) {
        return switch ((int) errno) {
            case Errno.ENOENT -> new NoSuchFileException(what);
            case Errno.EEXIST -> new FileAlreadyExistsException(what);
            case Errno.EPERM, Errno.EACCES -> new AccessDeniedException(what);
            case Errno.ESHUTDOWN -> new LockedOutException(what);
            default -> new IOException(what + ": " + Libc.describe((int) errno));
        };
    }
}
