// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * What the header of an image says, checked: every number is within the limits that qcow2.txt and QEMU set, and no two
 * tables lie in the same place.
 *
 * @param version 2 or 3
 * @param clusterBits the size of a cluster is two to this
 * @param size the disk's, in bytes
 * @param l1Entries how many entries the L1 table has
 * @param l1Offset where that lies
 * @param refcountOffset where the refcount table lies
 * @param refcountClusters how many clusters that has
 * @param refcountOrder the width of a refcount is two to this, in bits
 * @param snapshots how many internal snapshots there are
 * @param incompatible see {@link Feature}
 * @param compatible see {@link Feature}
 * @param autoclear see {@link Feature}
 * @param compression what compressed clusters are compressed with
 * @param backing the name of the backing file, as it stands in the image
 * @param backingFormat what the image says that the backing file is
 * @param dataFile the name of the external data file, as it stands in the image
 */
record Header(
        int version,
        int clusterBits,
        long size,
        int l1Entries,
        long l1Offset,
        long refcountOffset,
        long refcountClusters,
        int refcountOrder,
        long snapshots,
        long incompatible,
        long compatible,
        long autoclear,
        Compression compression,
        Optional<String> backing,
        Optional<String> backingFormat,
        Optional<String> dataFile) {
    /** QEMU's limits: clusters of 2 MiB, an L1 table of 32 MiB, a refcount table of 8 MiB (qcow2.txt, "Header"). */
    static final int MAX_CLUSTER_BITS = 21;

    private static final int MIN_CLUSTER_BITS = 9;
    private static final int MIN_EXTENDED_CLUSTER_BITS = 14;
    static final long MAX_L1_ENTRIES = (32 << 20) / Long.BYTES;
    private static final long MAX_REFCOUNT_TABLE = 8 << 20;
    private static final long MAX_SNAPSHOTS = 65536;
    static final long MAX_BACKING_NAME = 1023;
    private static final int MAX_REFCOUNT_ORDER = 6;
    private static final int REFCOUNT_ORDER_2 = 4;

    /** Table offsets have 56 bits, and none of the lowest nine. */
    private static final int MAX_OFFSET_BITS = 56;

    private static final int SECTOR = 512;

    private static final String CONVERT = "convert the image with qemu-img convert";

    /**
     * @param first the image's first cluster, or as much of it as there is; no less than a sector
     * @throws Malformed where it is no sound qcow2 header
     * @throws Refused where it asks for something that can't be had
     */
    static Header parse(MemorySegment first) {
        if (BigEndian.u32(first, HeaderField.MAGIC) != HeaderField.MAGIC_VALUE) {
            throw new Refused("is no qcow2 image", "name it raw:/PATH if it is a raw one");
        }
        long version = BigEndian.u32(first, HeaderField.VERSION);
        if (version != 2 && version != 3) {
            throw new Refused("is of version " + version + ", and only 2 and 3 are known", CONVERT);
        }
        int clusterBits = within("cluster_bits", first, HeaderField.CLUSTER_BITS, MIN_CLUSTER_BITS, MAX_CLUSTER_BITS);
        long cluster = 1L << clusterBits;
        MemorySegment header = first.asSlice(0, Math.min(cluster, first.byteSize()));
        long length = version == 2 ? HeaderField.LENGTH_2 : headerLength(header);
        boolean three = version == 3;
        long incompatible = three ? BigEndian.u64(header, HeaderField.INCOMPATIBLE) : 0;
        long autoclear = three ? BigEndian.u64(header, HeaderField.AUTOCLEAR) : 0;
        long backingOffset = BigEndian.u64(header, HeaderField.BACKING_OFFSET);
        Optional<String> backing = backing(header, backingOffset, length);
        List<HeaderExtension> extensions =
                HeaderExtension.parse(header, length, backing.isPresent() ? backingOffset : header.byteSize());
        refuseFeatures(header, incompatible, extensions);
        Header parsed = new Header(
                (int) version,
                clusterBits,
                BigEndian.u64(header, HeaderField.SIZE),
                within("l1_size", header, HeaderField.L1_ENTRIES, 0, MAX_L1_ENTRIES),
                BigEndian.u64(header, HeaderField.L1_OFFSET),
                BigEndian.u64(header, HeaderField.REFCOUNT_OFFSET),
                within(
                        "refcount_table_clusters",
                        header,
                        HeaderField.REFCOUNT_CLUSTERS,
                        0,
                        Math.max(1, MAX_REFCOUNT_TABLE >>> clusterBits)),
                three
                        ? within("refcount_order", header, HeaderField.REFCOUNT_ORDER, 0, MAX_REFCOUNT_ORDER)
                        : REFCOUNT_ORDER_2,
                within("nb_snapshots", header, HeaderField.SNAPSHOTS, 0, MAX_SNAPSHOTS),
                incompatible,
                three ? BigEndian.u64(header, HeaderField.COMPATIBLE) : 0,
                autoclear,
                compression(header, length, incompatible),
                backing,
                HeaderExtension.text(extensions, HeaderExtension.BACKING_FORMAT),
                HeaderExtension.text(extensions, HeaderExtension.DATA_FILE));
        parsed.check();
        return parsed;
    }

    private static int within(String field, MemorySegment header, long at, long least, long most) {
        long value = BigEndian.u32(header, at);
        if (value < least || value > most) {
            throw new Malformed("its " + field + " is " + value + ", not between " + least + " and " + most);
        }
        return (int) value;
    }

    private static long headerLength(MemorySegment header) {
        long length = BigEndian.u32(header, HeaderField.HEADER_LENGTH);
        if (length < HeaderField.LENGTH_3 || length % 8 != 0 || length > header.byteSize()) {
            throw new Malformed("its header_length is " + length);
        }
        return length;
    }

    private static Optional<String> backing(MemorySegment header, long offset, long headerLength) {
        if (offset == 0) {
            return Optional.empty();
        }
        long length = BigEndian.u32(header, HeaderField.BACKING_LENGTH);
        if (length > MAX_BACKING_NAME || offset < headerLength || offset > header.byteSize() - length) {
            throw new Malformed("the name of its backing file, " + length + " bytes at " + offset
                    + ", does not lie between its header and the end of its first cluster");
        }
        return length == 0 ? Optional.empty() : Optional.of(BigEndian.text(header, offset, length));
    }

    private static void refuseFeatures(MemorySegment header, long incompatible, List<HeaderExtension> extensions) {
        long crypt = BigEndian.u32(header, HeaderField.CRYPT_METHOD);
        if (crypt != 0) {
            throw new Refused(
                    "is encrypted (" + (crypt == 1 ? "AES" : crypt == 2 ? "LUKS" : "method " + crypt) + ")",
                    "convert it with qemu-img convert, and encrypt what lies below or inside the guest");
        }
        if ((incompatible & Feature.CORRUPT) != 0) {
            throw new Refused("is marked as corrupt", "mend it with qemu-img check -r all");
        }
        long unknown = incompatible & ~Feature.KNOWN;
        if (unknown != 0) {
            int bit = Long.numberOfTrailingZeros(unknown);
            String name = HeaderExtension.nameOf(bit, extensions)
                    .map(said -> " (\"" + said + "\")")
                    .orElse("");
            throw new Refused("needs the unknown feature bit " + bit + name, CONVERT);
        }
    }

    private static Compression compression(MemorySegment header, long length, long incompatible) {
        int type = length > HeaderField.COMPRESSION ? (int) (BigEndian.u32(header, HeaderField.COMPRESSION) >>> 24) : 0;
        boolean other = (incompatible & Feature.COMPRESSION) != 0;
        if (other != (type != 0)) {
            throw new Malformed("its compression_type is " + type + ", and its feature bit says otherwise");
        }
        if (type >= Compression.values().length) {
            throw new Refused("is compressed in the unknown way " + type, CONVERT);
        }
        return Compression.values()[type];
    }

    /** @throws Refused where the image can be read, but not written to */
    void refuseWriting() {
        if ((incompatible & Feature.DIRTY) != 0) {
            throw new Refused(
                    "was not closed by whoever wrote to it, and its refcounts may be wrong",
                    "mend it with qemu-img check -r all");
        }
        if (snapshots > 0) {
            throw new Refused(
                    "has internal snapshots, and can only be served read-only",
                    "delete them with qemu-img snapshot -d, or convert it");
        }
        if (externalData()) {
            throw new Refused("keeps its data in another file, and can only be served read-only", CONVERT);
        }
        if (extended()) {
            throw new Refused(
                    "has extended L2 entries, and can only be served read-only", CONVERT + " -o extended_l2=off");
        }
        if (refcountClusters == 0) {
            throw new Malformed("it has no refcount table");
        }
    }

    private void check() {
        if (size < 0) {
            throw new Malformed("its size is " + Long.toUnsignedString(size) + " bytes");
        }
        if (size == 0 || size % SECTOR != 0) {
            throw new Refused(
                    "has a disk of " + size + " bytes, no positive multiple of 512", "resize it with qemu-img resize");
        }
        if (extended() && clusterBits < MIN_EXTENDED_CLUSTER_BITS) {
            throw new Malformed("it has extended L2 entries, and clusters of " + cluster() + " bytes");
        }
        if ((autoclear & Feature.RAW_EXTERNAL) != 0 && externalData() && backing.isPresent()) {
            throw new Malformed("it has a raw external data file, and a backing file");
        }
        checkTable("L1 table", l1Offset, l1Bytes());
        checkTable("refcount table", refcountOffset, refcountClusters << clusterBits);
        if (overlap(l1Offset, l1Bytes(), refcountOffset, refcountClusters << clusterBits)) {
            throw new Malformed("its L1 table and its refcount table overlap");
        }
        if (l1Needed() > l1Entries) {
            throw new Malformed("its L1 table has " + l1Entries + " entries, and its disk of " + size + " bytes needs "
                    + l1Needed());
        }
    }

    private void checkTable(String what, long offset, long bytes) {
        if (bytes == 0) {
            return;
        }
        if (offset % cluster() != 0 || offset < 0 || offset >>> MAX_OFFSET_BITS != 0) {
            throw new Malformed("its " + what + " lies at " + Long.toUnsignedString(offset)
                    + ", which is no possible place of a cluster");
        }
        if (offset == 0) {
            throw new Malformed("its " + what + " lies where its header does");
        }
    }

    private static boolean overlap(long first, long firstBytes, long second, long secondBytes) {
        return first < second + secondBytes && second < first + firstBytes;
    }

    long cluster() {
        return 1L << clusterBits;
    }

    boolean extended() {
        return (incompatible & Feature.EXTENDED_L2) != 0;
    }

    boolean externalData() {
        return (incompatible & Feature.EXTERNAL_DATA) != 0;
    }

    /** Whether both refer to the same files. */
    boolean hasFilesOf(Header other) {
        return backing.equals(other.backing)
                && backingFormat.equals(other.backingFormat)
                && dataFile.equals(other.dataFile);
    }

    long l1Bytes() {
        return (long) l1Entries * Long.BYTES;
    }

    /** How many bytes of the disk one L2 table maps, as a power of two. */
    int l2Shift() {
        return 2 * clusterBits - L2Entry.shift(extended());
    }

    private long l1Needed() {
        return l1EntriesFor(size);
    }

    /** How many entries the L1 table of such a disk has at the least. */
    long l1EntriesFor(long diskSize) {
        return l2Shift() >= Long.SIZE - 1 ? 1 : (diskSize - 1 >>> l2Shift()) + 1;
    }

    /** With a disk of another size, and an L1 table of another length. */
    Header grown(long newSize, int newL1Entries) {
        return with(newSize, newL1Entries, l1Offset);
    }

    /** With its L1 table elsewhere. */
    Header withL1At(long place) {
        return with(size, l1Entries, place);
    }

    private Header with(long newSize, int newL1Entries, long newL1Offset) {
        return new Header(
                version,
                clusterBits,
                newSize,
                newL1Entries,
                newL1Offset,
                refcountOffset,
                refcountClusters,
                refcountOrder,
                snapshots,
                incompatible,
                compatible,
                autoclear,
                compression,
                backing,
                backingFormat,
                dataFile);
    }
}
