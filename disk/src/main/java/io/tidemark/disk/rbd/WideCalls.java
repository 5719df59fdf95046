// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
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
    private final MethodHandle writeZeroes;

    WideCalls(String rados, String rbd) {
        var symbols = SymbolLookup.libraryLookup(rados, Arena.global());
        var images = SymbolLookup.libraryLookup(rbd, Arena.global());
        omapSet = procedure(symbols, "rados_write_op_omap_set", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        omapCompare = procedure(
                symbols, "rados_write_op_omap_cmp", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        writeOperate = function(
                symbols, "rados_write_op_operate", JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT);
        omapGetByKeys = procedure(
                symbols, "rados_read_op_omap_get_vals_by_keys", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        omapGetValues = procedure(
                symbols,
                "rados_read_op_omap_get_vals2",
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG);
        writeZeroes =
                function(images, "rbd_write_zeroes", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT);
    }

    /** Has the operation set {@code count} keys to values of given lengths; arrays of pointers and of size_t. */
    void omapSet(long operation, long keys, long values, long lengths, long count) {
        try {
            omapSet.invokeExact(operation, keys, values, lengths, count);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Has the operation fail with ECANCELED unless the key has the value; one that isn't there has an empty one. */
    void omapEquals(long operation, long key, long value, long length, long result) {
        try {
            omapCompare.invokeExact(operation, key, 1, value, length, result);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    int writeOperate(long operation, long ioctx, MemorySegment object) {
        try {
            return (int) writeOperate.invokeExact(operation, ioctx, object, 0L, 0);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void omapGetByKeys(long operation, long keys, long count, long iterator, long result) {
        try {
            omapGetByKeys.invokeExact(operation, keys, count, iterator, result);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Pairs behind {@code after} whose keys begin with {@code prefix}, {@code most} at a time. */
    void omapGetValues(long operation, long after, long prefix, long most, long iterator, long more, long result) {
        try {
            omapGetValues.invokeExact(operation, after, prefix, most, iterator, more, result);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** @return the bytes zeroed, or a negative errno */
    long writeZeroes(long image, long offset, long length) {
        try {
            return (long) writeZeroes.invokeExact(image, offset, length, 0, 0);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private static MethodHandle function(
            SymbolLookup symbols, String name, MemoryLayout result, MemoryLayout... arguments) {
        return Linker.nativeLinker()
                .downcallHandle(symbols.findOrThrow(name), FunctionDescriptor.of(result, arguments));
    }

    private static MethodHandle procedure(SymbolLookup symbols, String name, MemoryLayout... arguments) {
        return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), FunctionDescriptor.ofVoid(arguments));
    }

    private static RuntimeException unexpected(Throwable thrown) {
        return switch (thrown) {
            case RuntimeException e -> e;
            case Error e -> throw e;
            default -> new IllegalStateException(thrown);
        };
    }
}
