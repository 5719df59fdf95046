// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.LabException;
import java.time.Duration;

/**
 * Shells in a guest that write all the time to its first disk, 16 MiB each, in pieces of 64 KiB, over and over: a piece of
 * random bytes, which reaches the disk, is dropped from the guest's cache and read back. Whatever goes wrong leaves a file.
 */
public final class GuestWriters {
    /** How much of the disk each one uses. */
    public static final long BYTES = 16 << 20;

    private static final String WRITER = """
            w() { i=0; while [ ! -e /tmp/stop ]; do \
            head -c 65536 /dev/urandom >/tmp/piece$1 && \
            dd if=/tmp/piece$1 of=/dev/vda bs=64k seek=$(($1*256+i%256)) conv=notrunc,fsync 2>/tmp/error$1 && \
            echo 1 >/proc/sys/vm/drop_caches && \
            dd if=/dev/vda of=/tmp/back$1 bs=64k skip=$(($1*256+i%256)) count=1 2>/tmp/error$1 && \
            cmp /tmp/piece$1 /tmp/back$1 2>/tmp/error$1 || { echo $i >/tmp/failed$1; break; }; \
            md5sum </tmp/piece$1 >/tmp/sum$1.$((i%256)); i=$((i+1)); echo $i >/tmp/count$1; done; touch /tmp/done$1; }""".replace("\n", " ");

    private final int count;

    private GuestWriters(int count) {
        this.count = count;
    }

    /** Starts so many; they go on when the guest moves. */
    public static GuestWriters start(Guest guest, int count) {
        for (int writer = 0; writer < count; writer++) {
            guest.run(WRITER + "; w " + writer + " >/dev/null 2>&1 &").orThrow();
        }
        return new GuestWriters(count);
    }

    /** Waits until so many more pieces were written. */
    public void awaitProgress(Guest guest, long pieces) {
        long until = written(guest) + pieces;
        Await.until("a guest that writes", Duration.ofSeconds(60), () -> written(guest) >= until);
    }

    private static long written(Guest guest) {
        return guest.run("cat /tmp/count? 2>/dev/null").lines().stream()
                .mapToLong(line -> line.isBlank() ? 0 : Long.parseLong(line.strip()))
                .sum();
    }

    /** Ends them. Throws if one has met an error, or if the last state of any piece isn't on the disk. */
    public void finish(Guest guest) {
        guest.run("touch /tmp/stop").orThrow();
        Await.until(
                "the end of the writers",
                Duration.ofSeconds(60),
                () -> guest.run("ls /tmp/done? | wc -l").text().strip().equals(Integer.toString(count)));
        expectNothing(guest, "cat /tmp/failed? /tmp/error? 2>/dev/null | grep -v records | grep -v copied");
        expectNothing(guest, "dmesg | grep -i 'error'");
        guest.run("echo 3 >/proc/sys/vm/drop_caches; for f in /tmp/sum*; do n=${f#/tmp/sum}; w=${n%.*}; i=${n#*.};"
                        + " dd if=/dev/vda bs=64k skip=$((w*256+i)) count=1 2>/dev/null | md5sum | cmp - $f || exit 1;"
                        + " done")
                .orThrow();
    }

    private static void expectNothing(Guest guest, String command) {
        String said = guest.run(command).text();
        if (!said.isEmpty()) {
            throw new LabException("the guest says: " + said);
        }
    }
}
