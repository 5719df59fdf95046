// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import java.util.Locale;
import java.util.stream.Stream;

/**
 * An image as users name it: {@code raw:/srv/vm/root.img}, {@code qcow2:/srv/vm/root.qcow2}.
 *
 * @param kind what sort of image it is
 * @param location where it is, in the kind's own words: an absolute path
 */
public record ImageName(Kind kind, String location) {
    /** The kinds of image that there are. */
    public enum Kind {
        RAW,
        QCOW2;

        String prefix() {
            return name().toLowerCase(Locale.ROOT) + ":";
        }
    }

    /** Whether a text names something of a known kind, wherever that is. */
    public static boolean isOfKnownKind(String text) {
        return Stream.of(Kind.values())
                .anyMatch(kind -> text.startsWith(kind.prefix())
                        && text.length() > kind.prefix().length());
    }

    /** @throws ImageException with BAD_NAME, telling what a name looks like */
    public static ImageName parse(String text) {
        for (Kind kind : Kind.values()) {
            if (text.startsWith(kind.prefix())) {
                String location = text.substring(kind.prefix().length());
                if (!location.startsWith("/")) {
                    throw new ImageException(
                            ImageException.Code.BAD_NAME,
                            "image " + text + ": the path must be absolute; write " + kind.prefix() + "/PATH");
                }
                return new ImageName(kind, location);
            }
        }
        throw new ImageException(
                ImageException.Code.BAD_NAME,
                "image " + text + ": no such kind of image; write raw:/PATH for a raw file or a block device,"
                        + " qcow2:/PATH for a qcow2 image in one");
    }

    @Override
    public String toString() {
        return kind.prefix() + location;
    }
}
