// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.load;

import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.process.LabException;
import java.util.List;

/** Files on a guest's first disk, which are found again by their checksums after whatever has happened to it. */
public final class GuestFiles {
    private static final String MOUNT = "mkdir -p /mnt && mount -o discard /dev/vda /mnt";
    private static final String CHECKSUMS = "(cd /mnt && find . -type f | sort | xargs sha256sum)";

    private final List<String> checksums;

    private GuestFiles(List<String> checksums) {
        this.checksums = checksums;
    }

    /** Makes a file system, mounts it and writes some. */
    public static GuestFiles make(Guest guest) {
        guest.run("mkfs.ext4 -q /dev/vda && " + MOUNT).orThrow();
        work(guest);
        List<String> checksums = checksums(guest);
        if (checksums.size() != 3) {
            throw new LabException("not three files: " + checksums);
        }
        return new GuestFiles(checksums);
    }

    /** Writes files anew, and deletes one, whose space is discarded. What was made before is another's then. */
    public static void work(Guest guest) {
        guest.run("for i in 1 2 3 4; do dd if=/dev/urandom of=/mnt/$i bs=4k count=$((i * 300)) conv=fsync; done; sync")
                .orThrow();
        guest.run("rm /mnt/2 && sync && fstrim /mnt").orThrow();
    }

    /** Mounts the file system, and throws where a file isn't as it was written. */
    public void mountAndCheck(Guest guest) {
        guest.run(MOUNT).orThrow();
        List<String> found = checksums(guest);
        if (!found.equals(checksums)) {
            throw new LabException("written " + checksums + ", found " + found);
        }
    }

    /** Unmounts it and has it checked. */
    public static void unmount(Guest guest) {
        guest.run("umount /mnt && e2fsck -fn /dev/vda").orThrow();
    }

    private static List<String> checksums(Guest guest) {
        return guest.run(CHECKSUMS).orThrow().lines();
    }
}
