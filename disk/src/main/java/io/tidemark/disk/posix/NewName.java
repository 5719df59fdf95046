// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.posix;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Gives a file another name, which no file has: unlike a move, which replaces one that has come meanwhile. */
public final class NewName {
    private static final int AT_FDCWD = -100;
    private static final int RENAME_NOREPLACE = 1;

    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle RENAMEAT2 = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("renameat2"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_INT),
                    Linker.Option.captureCallState("errno"));

    private NewName() {}

    /**
     * Renames a file within its file system.
     *
     * @throws FileAlreadyExistsException if there is a file of that name; then nothing has changed
     */
    public static void give(Path file, Path name) throws IOException {
        int errno = rename(file, name);
        switch (errno) {
            case 0 -> {}
            case Errno.EEXIST -> throw new FileAlreadyExistsException(name.toString());
            case Errno.EINVAL, Errno.ENOSYS -> giveOtherwise(file, name); // the file system doesn't know that call
            default -> throw new FileSystemException(file.toString(), name.toString(), Libc.describe(errno));
        }
    }

    /** By a link, which is never made where something is; where there are none (vfat), by looking first. */
    static void giveOtherwise(Path file, Path name) throws IOException {
        try {
            Files.createLink(name, file);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (IOException | UnsupportedOperationException _) {
            if (Files.exists(name, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(name.toString());
            }
            Files.move(file, name, StandardCopyOption.ATOMIC_MOVE);
            return;
        }
        Files.delete(file);
    }

    /** @return 0, or why not */
    private static int rename(Path file, Path name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(CAPTURED);
            MemorySegment from = arena.allocateFrom(file.toString());
            MemorySegment to = arena.allocateFrom(name.toString());
            int result = (int) RENAMEAT2.invokeExact(captured, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
            return result == 0 ? 0 : (int) ERRNO.get(captured, 0L);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
