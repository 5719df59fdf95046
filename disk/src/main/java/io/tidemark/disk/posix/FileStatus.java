// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * What {@code statx(2)} says of a file.
 *
 * @param mode type and permissions
 * @param size in bytes; 0 for a device
 * @param deviceMajor of the device that the file is, for devices
 * @param deviceMinor of the device that the file is, for devices
 * @param directMemoryAlignment what buffers must be aligned to for O_DIRECT, in bytes; 0 where the file system doesn't say
 * @param directOffsetAlignment the same for offsets and lengths
 * @param version which file it is, and when it was last changed: another one after each change of a regular file
 */
public record FileStatus(
        int mode,
        long size,
        int deviceMajor,
        int deviceMinor,
        int directMemoryAlignment,
        int directOffsetAlignment,
        String version) {
    private static final int S_IFMT = 0xF000;
    private static final int S_IFREG = 0x8000;
    private static final int S_IFBLK = 0x6000;
    private static final int S_IFDIR = 0x4000;

    private static final int AT_FDCWD = -100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int STATX_DIOALIGN = 0x2000;

    /** Offsets in {@code struct statx} (uapi/linux/stat.h). */
    private static final long SIZE_OF = 256;

    private static final long MODE = 28;
    private static final long SIZE = 40;
    private static final long INODE = 32;
    private static final long CHANGED = 96;
    private static final long MODIFIED = 112;
    private static final long DEVICE = 136;
    private static final long RDEV_MAJOR = 128;
    private static final long RDEV_MINOR = 132;
    private static final long DIO_MEM_ALIGN = 152;
    private static final long DIO_OFFSET_ALIGN = 156;

    private static final MethodHandle STATX = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("statx"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS));

    /** Asks the kernel about an open file. */
    public static FileStatus of(int fd) {
        return ask(fd, "", AT_EMPTY_PATH).orElseThrow(() -> new IllegalArgumentException("statx failed on fd " + fd));
    }

    /** Likewise about what opening a path would open; empty where that can't be told. */
    public static Optional<FileStatus> at(String path) {
        return ask(AT_FDCWD, path, 0);
    }

    private static Optional<FileStatus> ask(int fd, String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment statx = arena.allocate(SIZE_OF, 8);
            int result = (int)
                    STATX.invokeExact(fd, arena.allocateFrom(path), flags, STATX_BASIC_STATS | STATX_DIOALIGN, statx);
            if (result != 0) {
                return Optional.empty();
            }
            return Optional.of(new FileStatus(
                    Short.toUnsignedInt(statx.get(ValueLayout.JAVA_SHORT, MODE)),
                    statx.get(ValueLayout.JAVA_LONG, SIZE),
                    statx.get(ValueLayout.JAVA_INT, RDEV_MAJOR),
                    statx.get(ValueLayout.JAVA_INT, RDEV_MINOR),
                    statx.get(ValueLayout.JAVA_INT, DIO_MEM_ALIGN),
                    statx.get(ValueLayout.JAVA_INT, DIO_OFFSET_ALIGN),
                    version(statx)));
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static String version(MemorySegment statx) {
        return statx.get(ValueLayout.JAVA_LONG, DEVICE) + "-" + statx.get(ValueLayout.JAVA_LONG, INODE) + "-"
                + statx.get(ValueLayout.JAVA_LONG, SIZE) + "-" + time(statx, MODIFIED) + "-" + time(statx, CHANGED);
    }

    /** Seconds, then nanoseconds. */
    private static String time(MemorySegment statx, long at) {
        return statx.get(ValueLayout.JAVA_LONG, at) + "." + statx.get(ValueLayout.JAVA_INT, at + Long.BYTES);
    }

    public boolean isRegularFile() {
        return (mode & S_IFMT) == S_IFREG;
    }

    public boolean isBlockDevice() {
        return (mode & S_IFMT) == S_IFBLK;
    }

    /** A pipe, a socket, a character device: opening one may wait, and of some nobody knows what it does. */
    public boolean isSpecial() {
        return !isRegularFile() && !isBlockDevice() && !isDirectory();
    }

    public boolean isDirectory() {
        return (mode & S_IFMT) == S_IFDIR;
    }
}
