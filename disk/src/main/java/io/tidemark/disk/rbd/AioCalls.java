// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * The calls of librbd by which requests are begun and ended (rbd/librbd.h). Handles, pointers and completions are plain addresses. They
 * are bound with java.lang.foreign, as constants, so that a call costs a few nanoseconds and allocates nothing. To be touched after
 * {@link Ceph#load} only.
 */
final class AioCalls {
    /** {@code RBD_WRITE_ZEROES_FLAG_THICK_PROVISION}: the range takes up space afterwards. */
    static final int THICK = 1;

    private static final SymbolLookup SYMBOLS = SymbolLookup.libraryLookup(Ceph.RBD, Arena.global());
    private static final MethodHandle CREATE =
            bind("rbd_aio_create_completion", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle READ =
            bind("rbd_aio_read", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WRITE =
            bind("rbd_aio_write", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WRITE_ZEROES =
            bind("rbd_aio_write_zeroes", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle FLUSH = bind("rbd_aio_flush", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle POLL = bind("rbd_poll_io_events", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle ARGUMENT = bind("rbd_aio_get_arg", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RESULT = bind("rbd_aio_get_return_value", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle RELEASE = FunctionBinding.procedure(SYMBOLS, "rbd_aio_release", JAVA_LONG);

    private AioCalls() {}

    private static MethodHandle bind(String name, MemoryLayout result, MemoryLayout... arguments) {
        return FunctionBinding.function(SYMBOLS, name, result, arguments);
    }

    /** Makes a completion that tells by the image's notification; its address is left at {@code out}. */
    static int create(long argument, long out) {
        try {
            return (int) CREATE.invokeExact(argument, 0L, out);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    static int read(long image, long offset, long length, long buffer, long completion) {
        try {
            return (int) READ.invokeExact(image, offset, length, buffer, completion);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    static int write(long image, long offset, long length, long buffer, long completion) {
        try {
            return (int) WRITE.invokeExact(image, offset, length, buffer, completion);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    /** @param how 0 to give space back, or {@link #THICK} */
    static int writeZeroes(long image, long offset, long length, long completion, int how) {
        try {
            return (int) WRITE_ZEROES.invokeExact(image, offset, length, completion, how, 0);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    static int flush(long image, long completion) {
        try {
            return (int) FLUSH.invokeExact(image, completion);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    /** Takes completions that have been told, {@code most} at a time, and leaves them at {@code completions}. @return how many */
    static int poll(long image, long completions, int most) {
        try {
            return (int) POLL.invokeExact(image, completions, most);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    /** What the completion was made with. */
    static long argument(long completion) {
        try {
            return (long) ARGUMENT.invokeExact(completion);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    /** The bytes read, 0, or a negative errno. */
    static long result(long completion) {
        try {
            return (long) RESULT.invokeExact(completion);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    static void release(long completion) {
        try {
            RELEASE.invokeExact(completion);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }
}
