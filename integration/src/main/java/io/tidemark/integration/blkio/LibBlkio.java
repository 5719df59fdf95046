// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.blkio;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.tidemark.integration.process.Checkout;
import io.tidemark.integration.process.Command;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The functions of blkio.h, one handle each. Pointers are longs where requests are made, so that a request allocates nothing.
 *
 * <p>The library is the machine's, or Debian 13's unpacked aside (bin/lib/libblkio.sh).
 */
final class LibBlkio {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBRARY = load();

    static final MethodHandle CREATE = bind("blkio_create", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    static final MethodHandle CONNECT = bind("blkio_connect", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static final MethodHandle START = bind("blkio_start", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static final MethodHandle DESTROY = bind("blkio_destroy", FunctionDescriptor.ofVoid(ADDRESS));
    static final MethodHandle ERROR_MESSAGE = bind("blkio_get_error_msg", FunctionDescriptor.of(ADDRESS));
    static final MethodHandle GET_UINT64 =
            bind("blkio_get_uint64", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS));
    static final MethodHandle GET_INT =
            bind("blkio_get_int", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS));
    static final MethodHandle SET_INT =
            bind("blkio_set_int", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_INT));
    static final MethodHandle SET_BOOL =
            bind("blkio_set_bool", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_BOOLEAN));
    static final MethodHandle SET_STR =
            bind("blkio_set_str", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS));
    static final MethodHandle ALLOC_MEM_REGION =
            bind("blkio_alloc_mem_region", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_LONG));
    static final MethodHandle MAP_MEM_REGION =
            bind("blkio_map_mem_region", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));
    static final MethodHandle GET_QUEUE =
            bind("blkio_get_queue", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT));
    static final MethodHandle READ = bindBrief("blkioq_read", transfer());
    static final MethodHandle WRITE = bindBrief("blkioq_write", transfer());
    static final MethodHandle WRITE_ZEROES = bindBrief("blkioq_write_zeroes", range());
    static final MethodHandle DISCARD = bindBrief("blkioq_discard", range());
    static final MethodHandle FLUSH =
            bindBrief("blkioq_flush", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_INT));
    static final MethodHandle DO_IO =
            bind("blkioq_do_io", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
    static final MethodHandle COMPLETION_FD =
            bind("blkioq_get_completion_fd", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
    static final MethodHandle COMPLETION_FD_ENABLED =
            bind("blkioq_set_completion_fd_enabled", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_BYTE));

    private LibBlkio() {}

    /** (queue, start, buffer, length, user data, flags). */
    private static FunctionDescriptor transfer() {
        return FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
    }

    /** (queue, start, length, user data, flags). */
    private static FunctionDescriptor range() {
        return FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
    }

    private static MethodHandle bind(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LIBRARY.findOrThrow(name), descriptor);
    }

    /** For functions that only fill a ring: no change of the thread's state around the call. */
    private static MethodHandle bindBrief(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LIBRARY.findOrThrow(name), descriptor, Linker.Option.critical(false));
    }

    private static SymbolLookup load() {
        List<String> found = Command.lines(Duration.ofMinutes(2), List.of(Checkout.file("bin/lib/libblkio.sh")));
        return SymbolLookup.libraryLookup(Path.of(found.getLast()), Arena.global());
    }

    /** What libblkio says about this thread's last failed call. */
    static String errorMessage() {
        try {
            return text((MemorySegment) ERROR_MESSAGE.invokeExact());
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static String text(MemorySegment pointer) {
        return pointer.reinterpret(4096).getString(0);
    }

    /** A downcall declares Throwable, yet the functions here throw nothing. */
    static IllegalStateException unexpected(Throwable e) {
        return new IllegalStateException("libblkio: a call failed in the JVM", e);
    }
}
