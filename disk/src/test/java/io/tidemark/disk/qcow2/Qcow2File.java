// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.ImageName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.Deflater;

/**
 * A small image, byte by byte: a disk of four clusters of 512 bytes, of which the first is data, the second zero, the third
 * compressed, and the last not allocated. Tests change what they like.
 */
public final class Qcow2File {
    public static final int CLUSTER = 512;
    public static final int DISK = 4 * CLUSTER;

    /** Clusters of the file: header, refcount table and block, L1 table, L2 table, data, what is compressed. */
    public static final int L1 = 3 * CLUSTER;

    public static final int L2 = 4 * CLUSTER;
    public static final int DATA = 5 * CLUSTER;
    public static final int COMPRESSED = 6 * CLUSTER + 100;

    private static final int HEADER_LENGTH = 104;
    private static final int FILE = 7 * CLUSTER;

    private ByteBuffer bytes = ByteBuffer.allocate(FILE);
    private int extensions = HEADER_LENGTH;

    public Qcow2File() {
        u32(HeaderField.MAGIC, HeaderField.MAGIC_VALUE);
        u32(HeaderField.VERSION, 3);
        u32(HeaderField.CLUSTER_BITS, 9);
        u64(HeaderField.SIZE, DISK);
        u32(HeaderField.L1_ENTRIES, 1);
        u64(HeaderField.L1_OFFSET, L1);
        u64(HeaderField.REFCOUNT_OFFSET, CLUSTER);
        u32(HeaderField.REFCOUNT_CLUSTERS, 1);
        u32(HeaderField.REFCOUNT_ORDER, 4);
        u32(HeaderField.HEADER_LENGTH, HEADER_LENGTH);
        u64(CLUSTER, 2 * CLUSTER);
        for (int cluster = 0; cluster < FILE / CLUSTER; cluster++) {
            bytes.putShort(2 * CLUSTER + 2 * cluster, (short) 1);
        }
        u64(L1, L2 | L2Entry.COPIED);
        u64(L2, DATA | L2Entry.COPIED);
        u64(L2 + 8, L2Entry.ZERO);
        u64(L2 + 16, COMPRESSED | L2Entry.COMPRESSED);
        Arrays.fill(bytes.array(), DATA, DATA + CLUSTER, (byte) 0xd1);
        byte[] deflated = deflated((byte) 0xc3);
        System.arraycopy(deflated, 0, bytes.array(), COMPRESSED, deflated.length);
    }

    private static byte[] deflated(byte value) {
        byte[] plain = new byte[CLUSTER];
        Arrays.fill(plain, value);
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
        deflater.setInput(plain);
        deflater.finish();
        byte[] out = new byte[CLUSTER];
        int length = deflater.deflate(out);
        deflater.end();
        return Arrays.copyOf(out, length);
    }

    public Qcow2File u32(long at, long value) {
        bytes.putInt((int) at, (int) value);
        return this;
    }

    public Qcow2File u64(long at, long value) {
        bytes.putLong((int) at, value);
        return this;
    }

    public Qcow2File extension(long type, byte[] data) {
        u32(extensions, type);
        u32(extensions + 4L, data.length);
        bytes.put(extensions + 8, data);
        extensions += 8 + (data.length + 7) / 8 * 8;
        return this;
    }

    public Qcow2File extension(long type, String text) {
        return extension(type, text.getBytes(StandardCharsets.UTF_8));
    }

    /** At the end of the first cluster, as QEMU puts it behind the extensions. */
    public Qcow2File backing(String name, String format) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        u64(HeaderField.BACKING_OFFSET, CLUSTER - text.length);
        u32(HeaderField.BACKING_LENGTH, text.length);
        bytes.put(CLUSTER - text.length, text);
        return format == null ? this : extension(HeaderExtension.BACKING_FORMAT, format);
    }

    /** Cut, or with zeros behind. */
    public Qcow2File length(int length) {
        bytes = ByteBuffer.wrap(Arrays.copyOf(bytes.array(), length));
        return this;
    }

    public byte[] bytes() {
        return bytes.array();
    }

    public ImageName write(Path path) throws IOException {
        Files.write(path, bytes.array());
        return ImageName.parse("qcow2:" + path.toAbsolutePath());
    }

    /** What the disk reads as. */
    public static byte[] disk() {
        ByteArrayOutputStream disk = new ByteArrayOutputStream();
        for (int value : new int[] {0xd1, 0, 0xc3, 0}) {
            byte[] cluster = new byte[CLUSTER];
            Arrays.fill(cluster, (byte) value);
            disk.writeBytes(cluster);
        }
        return disk.toByteArray();
    }
}
