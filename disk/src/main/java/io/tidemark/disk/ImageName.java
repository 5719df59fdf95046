// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk;

import io.tidemark.disk.rbd.RbdName;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An image as users name it: {@code raw:/srv/vm/root.img}, {@code qcow2:/srv/vm/root.qcow2}, {@code rbd:pool/root}.
 *
 * @param kind what sort of image it is
 * @param location where it is, in the kind's own words: an absolute path, an {@link RbdName}; of a qcow2 image also the whole name of an
 *     rbd image that it lies in
 */
public record ImageName(Kind kind, String location) {
    /** The kinds of image that there are. */
    public enum Kind {
        RAW,
        QCOW2,
        RBD;

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
                return new ImageName(kind, checked(text, kind));
            }
        }
        throw bad(
                text,
                "no such kind of image; write raw:/PATH for a raw file or a block device, qcow2:/PATH for a qcow2 image in"
                        + " one, rbd:POOL/NAME for an image in a Ceph cluster");
    }

    private static String checked(String text, Kind kind) {
        String location = text.substring(kind.prefix().length());
        if (kind == Kind.RBD) {
            if (RbdName.parse(location).isEmpty()) {
                throw bad(
                        text,
                        "write rbd:POOL/NAME, rbd:POOL/NAMESPACE/NAME or either with @SNAPSHOT, and behind it, where they"
                                + " are needed, :id=ID, :conf=FILE, :keyring=FILE");
            }
        } else if (kind == Kind.QCOW2 && location.startsWith(Kind.RBD.prefix())) {
            checked(location, Kind.RBD);
        } else if (!location.startsWith("/")) {
            throw bad(text, "the path must be absolute; write " + kind.prefix() + "/PATH");
        }
        return location;
    }

    /** Where it lies in the file system; empty for an image in a cluster. */
    public Optional<Path> file() {
        return location.startsWith("/") ? Optional.of(Path.of(location)) : Optional.empty();
    }

    /** The image in a cluster that it is, or that it lies in. */
    public Optional<ImageName> inCluster() {
        if (kind == Kind.RBD) {
            return Optional.of(this);
        }
        return file().isPresent() ? Optional.empty() : Optional.of(parse(location));
    }

    private static ImageException bad(String text, String why) {
        return new ImageException(ImageException.Code.BAD_NAME, "image " + text + ": " + why);
    }

    @Override
    public String toString() {
        return kind.prefix() + location;
    }
}
