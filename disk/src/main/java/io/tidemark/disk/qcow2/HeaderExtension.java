// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One of the sections behind the header (qcow2.txt, "Header extensions").
 *
 * @param type what it is
 * @param data its content, without padding
 */
record HeaderExtension(long type, MemorySegment data) {
    static final long BACKING_FORMAT = 0xe2792acaL;
    static final long FEATURE_NAMES = 0x6803f857L;
    static final long DATA_FILE = 0x44415441L;

    private static final long END = 0;
    private static final long TYPE = 0;
    private static final long LENGTH = 4;
    private static final int DATA = 8;

    /** An entry of the table of feature names: kind, bit, and a name of so many bytes at the most. */
    private static final int FEATURE = 48;

    private static final int NAME = 46;

    /**
     * @param header the header's cluster, as much of it as there is
     * @param from where the header ends
     * @param end where something else begins
     * @throws Malformed where they don't fit
     */
    static List<HeaderExtension> parse(MemorySegment header, long from, long end) {
        List<HeaderExtension> found = new ArrayList<>();
        for (long at = from; at + DATA <= end; ) {
            long type = BigEndian.u32(header, at + TYPE);
            long length = BigEndian.u32(header, at + LENGTH);
            if (type == END) {
                break;
            }
            if (length > end - at - DATA) {
                throw new Malformed("the header extension at byte " + at + " has " + length + " bytes, but room for "
                        + (end - at - DATA));
            }
            found.add(new HeaderExtension(type, header.asSlice(at + DATA, length)));
            at += DATA + (length + 7) / 8 * 8;
        }
        return List.copyOf(found);
    }

    static Optional<String> text(List<HeaderExtension> all, long type) {
        return all.stream()
                .filter(extension -> extension.type == type)
                .findFirst()
                .map(extension -> BigEndian.text(extension.data, 0, extension.data.byteSize()));
    }

    /** What the image itself calls an incompatible feature; empty where it doesn't say. */
    static Optional<String> nameOf(int bit, List<HeaderExtension> all) {
        return all.stream()
                .filter(extension -> extension.type == FEATURE_NAMES)
                .flatMap(table -> table.features(bit).stream())
                .findFirst();
    }

    private Optional<String> features(int bit) {
        for (long at = 0; at + FEATURE <= data.byteSize(); at += FEATURE) {
            int kindAndBit = (int) (BigEndian.u32(data, at) >>> 16);
            if (kindAndBit == bit) {
                return Optional.of(BigEndian.text(data, at + 2, NAME)
                        .replaceAll("[^ -~]", "")
                        .strip());
            }
        }
        return Optional.empty();
    }
}
