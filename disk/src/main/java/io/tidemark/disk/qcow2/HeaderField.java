// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/** Where the header's fields lie in the image, in bytes (qcow2.txt, "Header" and "Additional fields"). */
final class HeaderField {
    static final long MAGIC = 0;
    static final long VERSION = 4;
    static final long BACKING_OFFSET = 8;
    static final long BACKING_LENGTH = 16;
    static final long CLUSTER_BITS = 20;
    static final long SIZE = 24;
    static final long CRYPT_METHOD = 32;
    static final long L1_ENTRIES = 36;
    static final long L1_OFFSET = 40;
    static final long REFCOUNT_OFFSET = 48;
    static final long REFCOUNT_CLUSTERS = 56;
    static final long SNAPSHOTS = 60;

    /** From here on only in version 3. */
    static final long INCOMPATIBLE = 72;

    static final long COMPATIBLE = 80;
    static final long AUTOCLEAR = 88;
    static final long REFCOUNT_ORDER = 96;
    static final long HEADER_LENGTH = 100;

    /** Only where the header is longer than {@link #LENGTH_3}. */
    static final long COMPRESSION = 104;

    /** "QFI\xfb". */
    static final long MAGIC_VALUE = 0x514649fbL;

    /** How long the header of version 2 is, and that of version 3 at the least. */
    static final int LENGTH_2 = 72;

    static final int LENGTH_3 = 104;

    private HeaderField() {}
}
