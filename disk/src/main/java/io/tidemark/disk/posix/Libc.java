// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.annotations.SaveError;
import jnr.ffi.types.off_t;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;

/**
 * The calls of the C library that set things up. None has more than four arguments: with more, jnr-ffi's stubs mix up
 * ints and longs on x86-64. Those calls, and the ones of the data path, are in {@link NativeMemory} and in
 * {@link io.tidemark.disk.uring}.
 *
 * <p>Unless said otherwise a call returns -1 on failure and {@link #errno()} tells why.
 */
public interface Libc {
    Libc C = LibraryLoader.create(Libc.class).load("c");

    @SaveError
    int open(String path, int flags, int mode);

    @SaveError
    int close(int fd);

    @SaveError
    @ssize_t
    long pread(int fd, Pointer buffer, @size_t long length, @off_t long offset);

    @SaveError
    @off_t
    long lseek(int fd, @off_t long offset, int whence);

    @SaveError
    int fdatasync(int fd);

    @SaveError
    int ftruncate(int fd, @off_t long length);

    @SaveError
    int fallocate(int fd, int mode, @off_t long offset, @off_t long length);

    @SaveError
    int madvise(Pointer address, @size_t long length, int advice);

    /** Returns the error, not -1. */
    int posix_fadvise(int fd, @off_t long offset, @off_t long length, int advice);

    @SaveError
    int ioctl(int fd, long request, Pointer argument);

    @SaveError
    int fstatfs(int fd, Pointer buffer);

    @SaveError
    int fcntl(int fd, int command, Pointer argument);

    @SaveError
    int memfd_create(String name, int flags);

    /** With PRIO_PROCESS and 0, of the calling thread alone (getpriority(2), "C library/kernel differences"). */
    @SaveError
    int getpriority(int which, int who);

    /** Likewise. */
    @SaveError
    int setpriority(int which, int who, int nice);

    @SaveError
    int kill(int process, int signal);

    @SaveError
    int eventfd(int initial, int flags);

    @SaveError
    long syscall(long number, long first, long second, long third);

    String strerror(int errno);

    /** Why the last call of this thread failed. */
    static int errno() {
        return Runtime.getRuntime(C).getLastError();
    }

    /** The library's own words for an errno: {@code No such file or directory}. */
    static String describe(int errno) {
        return C.strerror(errno);
    }

    /** Native memory at an address, for calls that take a buffer. */
    static Pointer pointer(long address) {
        return Pointer.wrap(Runtime.getRuntime(C), address);
    }
}
