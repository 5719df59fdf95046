// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image.crash;

import java.util.Arrays;

/** A write to the container, or a stretch of it that was made zero, with the moments of its life. */
final class FileChange {
    static final int SECTOR = 512;

    final int offset;
    final int length;

    /** Null where zeros came. */
    final byte[] data;

    final boolean durable;

    /** When it was submitted. */
    final int begin;

    /** When who reads began to see it. */
    int effect = Ticks.NEVER;

    /** When it was complete. */
    int end = Ticks.NEVER;

    /** From when on a power cut can't take it any more. */
    int firm = Ticks.NEVER;

    FileChange(int offset, int length, byte[] data, boolean durable, int begin) {
        this.offset = offset;
        this.length = length;
        this.data = data;
        this.durable = durable;
        this.begin = begin;
    }

    int sectors() {
        return length / SECTOR;
    }

    /** Puts one of its sectors into a file. */
    void apply(byte[] file, int sector) {
        copy(file, sector * SECTOR, SECTOR);
    }

    void apply(byte[] file) {
        copy(file, 0, length);
    }

    private void copy(byte[] file, int from, int bytes) {
        if (data == null) {
            Arrays.fill(file, offset + from, offset + from + bytes, (byte) 0);
        } else {
            System.arraycopy(data, from, file, offset + from, bytes);
        }
    }

    @Override
    public String toString() {
        return (data == null ? "zeros" : "write") + " [" + offset + ", +" + length + ") " + begin + ".." + end
                + (firm == Ticks.NEVER ? "" : ", firm at " + firm);
    }
}
