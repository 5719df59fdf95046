// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.NativeMemory;

/**
 * Looks for the data of a mapped file, from its beginning to its end, while the file is in use: what it has found is put in
 * place, then told. Takes some 0.1 µs for each page that is there.
 */
final class DataScan implements Runnable {
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;

    /** One that has ended. */
    static final DataScan NONE = new DataScan(-1, null, 0);

    /** Nothing was punched since the file is used. */
    private static final long UNTOUCHED = 0;

    private final int fd;
    private final MappedFile file;
    private final long size;
    private Thread thread;
    private volatile boolean stopped;

    private DataScan(int fd, MappedFile file, long size) {
        this.fd = fd;
        this.file = file;
        this.size = size;
    }

    static DataScan start(int fd, MappedFile file, long size, String name) {
        DataScan scan = new DataScan(fd, file, size);
        scan.thread = Thread.ofPlatform().name(name + " scan").daemon().start(scan);
        return scan;
    }

    @Override
    public void run() {
        long at = 0;
        while (!stopped && at < size) {
            long from = Libc.C.lseek(fd, at, SEEK_DATA);
            if (from < 0) {
                return; // none up to the end
            }
            long to = Libc.C.lseek(fd, from, SEEK_HOLE);
            if (to < 0) {
                return; // the file was cut meanwhile
            }
            at = Math.min(to, size);
            tell(from, at);
        }
    }

    private void tell(long from, long to) {
        long at = from;
        while (!stopped && at < to) {
            long end = Math.min(to, (at / DataMap.STRETCH + 1) * DataMap.STRETCH);
            // Where something was punched meanwhile this has come too late; those pages are told by who writes them.
            if (file.data().stamp(at, end) == UNTOUCHED) {
                long page = at / NativeMemory.PAGE * NativeMemory.PAGE;
                NativeMemory.populate(file.memory().asSlice(page, end - page));
                file.data().add(at, end, UNTOUCHED);
            }
            at = end;
        }
    }

    /** Returns when it looks no more. */
    void stop() {
        stopped = true;
        boolean interrupted = false;
        while (thread != null && thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
