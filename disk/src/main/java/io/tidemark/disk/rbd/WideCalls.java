// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** The calls of librados and librbd with more than four arguments, of which jnr-ffi's stubs mix up ints and longs on x86-64. */
final class WideCalls {
    private final MethodHandle omapSet;
    private final MethodHandle omapCompare;
    private final MethodHandle writeOperate;
    private final MethodHandle omapGetByKeys;
    private final MethodHandle omapGetValues;
    private final MethodHandle read;
    private final MethodHandle writeZeroes;
    private final MethodHandle diffIterate;
    private final MethodHandle listLockers;

    WideCalls(String rados, String rbd) {
        var symbols = SymbolLookup.libraryLookup(rados, Arena.global());
        var images = SymbolLookup.libraryLookup(rbd, Arena.global());
        omapSet = FunctionBinding.procedure(
                symbols, "rados_write_op_omap_set", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        omapCompare = FunctionBinding.procedure(
                symbols, "rados_write_op_omap_cmp", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        writeOperate = FunctionBinding.function(
                symbols, "rados_write_op_operate", JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT);
        read = FunctionBinding.function(
                symbols, "rados_read", JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
        omapGetByKeys = FunctionBinding.procedure(
                symbols, "rados_read_op_omap_get_vals_by_keys", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        omapGetValues = FunctionBinding.procedure(
                symbols,
                "rados_read_op_omap_get_vals2",
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG);
        writeZeroes = FunctionBinding.function(
                images, "rbd_write_zeroes", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT);
        listLockers = FunctionBinding.function(
                images,
                "rbd_list_lockers",
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG);
        diffIterate = FunctionBinding.function(
                images,
                "rbd_diff_iterate2",
                JAVA_INT,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_BYTE,
                JAVA_BYTE,
                JAVA_LONG,
                JAVA_LONG);
    }

    /** Has the operation set {@code count} keys to values of given lengths; arrays of pointers and of size_t. */
    void omapSet(long operation, long keys, long values, long lengths, long count) {
        try {
            omapSet.invokeExact(operation, keys, values, lengths, count);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    /** Has the operation fail with ECANCELED unless the key has the value; one that isn't there has an empty one. */
    void omapEquals(long operation, long key, long value, long length, long result) {
        try {
            omapCompare.invokeExact(operation, key, 1, value, length, result);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    int writeOperate(long operation, long ioctx, MemorySegment object) {
        try {
            return (int) writeOperate.invokeExact(operation, ioctx, object, 0L, 0);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    /** An object's first bytes. @return how many, or a negative errno */
    int read(long ioctx, MemorySegment object, MemorySegment into, long length) {
        try {
            return (int) read.invokeExact(ioctx, object, into, length, 0L);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    void omapGetByKeys(long operation, long keys, long count, long iterator, long result) {
        try {
            omapGetByKeys.invokeExact(operation, keys, count, iterator, result);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    /** Pairs behind {@code after} whose keys begin with {@code prefix}, {@code most} at a time. */
    void omapGetValues(long operation, long after, long prefix, long most, long iterator, long more, long result) {
        try {
            omapGetValues.invokeExact(operation, after, prefix, most, iterator, more, result);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    /** @return the bytes zeroed, or a negative errno */
    long writeZeroes(long image, long offset, long length) {
        try {
            return (long) writeZeroes.invokeExact(image, offset, length, 0, 0);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    /**
     * Who has an image's lock, the exclusive one included: addresses, each ended by a zero.
     *
     * @return how many, or a negative errno
     */
    int listLockers(long image, Arena arena, MemorySegment addresses, long room) {
        try {
            // What each is called, and by which cookie it has the lock, is told too.
            var others = arena.allocate(room);
            var sizes = arena.allocate(JAVA_LONG, 5);
            for (int i = 0; i < 5; i++) {
                sizes.setAtIndex(JAVA_LONG, i, room);
            }
            long size = sizes.address();
            return (int) (long) listLockers.invokeExact(
                    image,
                    size,
                    others.address(),
                    size + 8,
                    others.address(),
                    size + 16,
                    others.address(),
                    size + 24,
                    addresses.address(),
                    size + 32);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }

    /**
     * Tells what of a range holds data, in order: {@code callback(offset, length, exists, 0)}, on this thread. One that returns a negative
     * errno ends it.
     */
    int diffIterate(long image, long offset, long length, MemorySegment callback) {
        try {
            return (int) diffIterate.invokeExact(image, 0L, offset, length, (byte) 1, (byte) 0, callback.address(), 0L);
        } catch (Throwable e) {
            throw FunctionBinding.unexpected(e);
        }
    }
}
