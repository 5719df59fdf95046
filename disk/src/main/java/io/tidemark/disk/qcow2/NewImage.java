// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.util.Optional;

/**
 * What a new image is like.
 *
 * @param size the disk's, in bytes; a positive multiple of 512
 * @param version 2 or 3
 * @param clusterSize in bytes; a power of two from 512 to 2 MiB
 * @param refcountBits how wide a refcount is, a power of two from 1 to 64; 16 in version 2
 * @param lazyRefcounts whether those who open it may put off keeping refcounts, in version 3
 * @param backing what shows where nothing is allocated
 * @param preallocation how much of it is there from the beginning; none with a backing file
 */
public record NewImage(
        long size,
        int version,
        int clusterSize,
        int refcountBits,
        boolean lazyRefcounts,
        Optional<Backing> backing,
        Preallocation preallocation) {
    /**
     * A backing file.
     *
     * @param file its path; a relative one is looked for beside the image
     * @param format {@code raw} or {@code qcow2}
     */
    public record Backing(String file, String format) {}

    /** As {@code qemu-img} makes them. */
    public static NewImage of(long size) {
        return new NewImage(size, 3, 1 << 16, 16, false, Optional.empty(), Preallocation.OFF);
    }

    public NewImage withVersion(int other) {
        return new NewImage(size, other, clusterSize, refcountBits, lazyRefcounts, backing, preallocation);
    }

    public NewImage withClusterSize(int other) {
        return new NewImage(size, version, other, refcountBits, lazyRefcounts, backing, preallocation);
    }

    public NewImage withRefcountBits(int other) {
        return new NewImage(size, version, clusterSize, other, lazyRefcounts, backing, preallocation);
    }

    public NewImage withLazyRefcounts(boolean other) {
        return new NewImage(size, version, clusterSize, refcountBits, other, backing, preallocation);
    }

    public NewImage withBacking(String file, String format) {
        return new NewImage(
                size,
                version,
                clusterSize,
                refcountBits,
                lazyRefcounts,
                Optional.of(new Backing(file, format)),
                preallocation);
    }

    public NewImage withPreallocation(Preallocation other) {
        return new NewImage(size, version, clusterSize, refcountBits, lazyRefcounts, backing, other);
    }

    int clusterBits() {
        return Integer.numberOfTrailingZeros(clusterSize);
    }

    int refcountOrder() {
        return Integer.numberOfTrailingZeros(refcountBits);
    }

    /** @throws Refused where no image can be like that */
    void check() {
        refuseUnless(size > 0 && size % 512 == 0, "a disk of " + size + " bytes", "choose a positive multiple of 512");
        refuseUnless(version == 2 || version == 3, "version " + version, "choose 2 or 3");
        refuseUnless(
                isPowerOfTwo(clusterSize, 512, 1 << Header.MAX_CLUSTER_BITS),
                "clusters of " + clusterSize + " bytes",
                "choose a power of two from 512 to 2 MiB");
        refuseUnless(
                isPowerOfTwo(refcountBits, 1, Long.SIZE) && (version > 2 || refcountBits == 16),
                "refcounts of " + refcountBits + " bits in version " + version,
                "choose 16, or in version 3 a power of two up to 64");
        refuseUnless(version > 2 || !lazyRefcounts, "lazy refcounts in version 2", "choose version 3");
        refuseUnless(
                backing.isEmpty() || preallocation == Preallocation.OFF,
                "preallocation above a backing file",
                "choose one of them");
        backing.ifPresent(file -> refuseUnless(
                !file.file.isEmpty() && (file.format.equals("raw") || file.format.equals("qcow2")),
                "a backing file \"" + file.file + "\" of the format \"" + file.format + "\"",
                "choose raw or qcow2"));
    }

    private static boolean isPowerOfTwo(int value, int least, int most) {
        return Integer.bitCount(value) == 1 && value >= least && value <= most;
    }

    private static void refuseUnless(boolean holds, String what, String remedy) {
        if (!holds) {
            throw new Refused("can't have " + what, remedy);
        }
    }
}
