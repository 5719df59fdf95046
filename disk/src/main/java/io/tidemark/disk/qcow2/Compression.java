// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/** What compressed clusters are compressed with, by the header's number. */
public enum Compression {
    /** Deflate, without zlib's own header. */
    ZLIB,
    ZSTD
}
