// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Image;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.raw.RawImage;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** Opens the files that an image refers to: its backing file, and so all that follow, and its external data file. */
final class BackingChain implements AutoCloseable {
    /** How many backing files an image may have behind it; one that goes in a circle has more. */
    static final int LONGEST = 32;

    private final ImageName name;
    private final int longest;
    private Optional<Image> backing = Optional.empty();
    private Optional<Image> dataFile = Optional.empty();

    /** @param longest how many files may follow in the chain of backing files */
    BackingChain(ImageName name, int longest) {
        this.name = name;
        this.longest = longest;
    }

    /** @throws ImageException naming both the image and the file that can't be had */
    void open(Header header) {
        if (header.externalData()) {
            String file = header.dataFile()
                    .orElseThrow(() -> refused(
                            "keeps its data in another file, and doesn't say in which",
                            "name it with qemu-img amend -o data_file=PATH"));
            dataFile = Optional.of(open("data file", path("data file", file), "raw"));
        }
        if (header.backing().isPresent()) {
            String format = header.backingFormat()
                    .orElseThrow(() -> refused(
                            "doesn't say what kind of image its backing file "
                                    + printable(header.backing().get()) + " is, and guessing isn't safe",
                            "say it with qemu-img rebase -u -b FILE -F raw (or qcow2)"));
            openBacking(header.backing().get(), format);
        }
    }

    /**
     * The backing file alone, with its lock.
     *
     * @throws ImageException naming both the image and the file that can't be had
     */
    void openBacking(String file, String format) {
        backing = Optional.of(open("backing file", path("backing file", file), format));
        backing.get().lock();
    }

    private ImageName path(String what, String file) {
        String plain = file.startsWith("file:") ? file.substring("file:".length()) : file;
        try {
            // As in QEMU: what has a colon before its first slash is no path.
            if (!plain.isEmpty()
                    && (plain.indexOf(':') < 0 || plain.indexOf('/') >= 0 && plain.indexOf('/') < plain.indexOf(':'))) {
                Path path = Path.of(plain);
                if (!path.isAbsolute()) {
                    Path self = name.file()
                            .orElseThrow(() -> refused(
                                    "has a " + what + " with a relative path, " + printable(file)
                                            + ", and lies in no folder",
                                    "give it an absolute one with qemu-img rebase -u"));
                    path = self.resolveSibling(path);
                }
                return new ImageName(ImageName.Kind.RAW, path.toString());
            }
        } catch (InvalidPathException _) {
            // No path either.
        }
        throw refused(
                "has a " + what + " that is no path, " + printable(file),
                "name a file with qemu-img rebase -u, or amend for a data file");
    }

    private static String printable(String file) {
        return "\"" + file.replaceAll("[^ -~]", "?") + "\"";
    }

    private Image open(String what, ImageName file, String format) {
        if (longest == 0) {
            throw refused(
                    "has more than " + LONGEST + " backing files behind it, or they go in a circle",
                    "flatten the chain with qemu-img commit or rebase");
        }
        ImageName named = switch (format.toLowerCase(Locale.ROOT)) {
            case "raw", "file", "host_device" -> file;
            case "qcow2" -> new ImageName(ImageName.Kind.QCOW2, file.location());
            default ->
                throw refused(
                        "has a " + what + " of the format " + printable(format),
                        "convert that to raw or qcow2 with qemu-img convert");
        };
        try {
            return named.kind() == ImageName.Kind.QCOW2
                    ? Qcow2Image.openBehind(named, longest - 1)
                    : RawImage.openContainer(named, true);
        } catch (ImageException e) {
            throw longest < LONGEST ? e : told(what, named, e);
        }
    }

    /** By the image that is opened, whichever of the files behind it is the matter. */
    private ImageException told(String what, ImageName named, ImageException e) {
        boolean itself = e.getMessage().startsWith("image " + named + ": ");
        if (itself && e.code() == Code.NOT_FOUND) {
            // An empty one in its place would be content that nobody has written.
            return new ImageException(
                    Code.NOT_FOUND,
                    "image " + name + ": its " + what + ": image " + named
                            + ": does not exist; bring it back, or say where it is with qemu-img "
                            + (what.equals("data file") ? "amend -o data_file=PATH" : "rebase -u"),
                    e);
        }
        return new ImageException(
                e.code(),
                "image " + name + ": " + (itself ? "its " + what : "a file behind it") + ": " + e.getMessage(),
                e);
    }

    private ImageException refused(String why, String remedy) {
        return new ImageException(Code.UNSUPPORTED, "image " + name + ": " + why + "; " + remedy);
    }

    Optional<Image> backing() {
        return backing;
    }

    Optional<Image> dataFile() {
        return dataFile;
    }

    /** What is open already. */
    @Override
    public void close() {
        backing.ifPresent(Image::close);
        dataFile.ifPresent(Image::close);
    }
}
