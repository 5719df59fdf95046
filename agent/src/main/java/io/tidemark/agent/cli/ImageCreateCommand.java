// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.history.Progress;
import io.tidemark.agent.image.ImageInfo;
import io.tidemark.agent.image.Preallocation;
import io.tidemark.agent.image.UnfinishedRestore;
import io.tidemark.disk.Creation;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.qcow2.NewImage;
import io.tidemark.disk.qcow2.Qcow2Image;
import io.tidemark.disk.rbd.CephImage;
import java.nio.file.Files;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark image create}: makes an image that reads as zeros. */
@Command(
        name = "create",
        description = "Makes an image that reads as zeros.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class ImageCreateCommand implements Callable<Integer> {
    private static final long SMALLEST_OBJECT = 4 << 10;
    private static final long LARGEST_OBJECT = 64 << 20;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @CommandLine.ParentCommand
    private ImageCommand parent;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "raw:PATH, qcow2:PATH or rbd:POOL/NAME.")
    private String name;

    @Parameters(
            index = "1",
            paramLabel = "SIZE",
            converter = Size.Reader.class,
            description = "In bytes, or as 10G; a multiple of 512.")
    private Size size;

    @Option(
            names = "--preallocation",
            paramLabel = "HOW",
            defaultValue = "off",
            description = "off (default): space is taken when it is written to; metadata (qcow2):"
                    + " each cluster has its place; falloc: space is reserved; full: zeros are written.")
    private Preallocation preallocation;

    @Option(
            names = "--object-size",
            paramLabel = "SIZE",
            converter = Size.Reader.class,
            description =
                    "Of rbd: how large the objects are that it lies in; 4K to 64M, a power of two (default: what the"
                            + " cluster says, in general 4M).")
    private Size objectSize;

    @Option(
            names = "--cluster-size",
            paramLabel = "SIZE",
            converter = Size.Reader.class,
            description = "Of qcow2: 512 to 2M, a power of two (default: 64K).")
    private Size clusterSize;

    @Option(
            names = "--backing",
            paramLabel = "FORMAT:FILE",
            description =
                    "Of qcow2: what shows where nothing is written, as raw:/base.img or qcow2:base.qcow2; a relative"
                            + " path begins beside the image.")
    private String backing;

    @Option(names = "--force", description = "If the image exists, its content is lost.")
    private boolean force;

    @Mixin
    private OutputOption output;

    @Mixin
    private ProgressOption progress;

    @Override
    public Integer call() {
        ImageName image = ImageName.parse(name);
        if (size.more() || size.bytes() <= 0 || size.bytes() % 512 != 0) {
            throw wrong("SIZE must be a positive multiple of 512");
        }
        if (objectSize != null && image.kind() != ImageName.Kind.RBD) {
            throw wrong("--object-size goes with rbd: only");
        }
        if ((clusterSize != null || backing != null) && image.kind() != ImageName.Kind.QCOW2) {
            throw wrong("--cluster-size and --backing go with qcow2: only");
        }
        if (preallocation == Preallocation.METADATA && image.kind() != ImageName.Kind.QCOW2) {
            throw wrong("--preallocation metadata goes with qcow2: only");
        }
        if (preallocation == Preallocation.METADATA && isDevice(image)) {
            throw wrong("--preallocation metadata would show what the block device holds; choose falloc or full");
        }
        ImageInfo info = make(image);
        output.print(
                spec.commandLine().getOut(),
                info,
                out -> out.println(info.image() + "  " + Units.bytes(info.capacity())));
        return ExitCode.OK.number();
    }

    private ImageInfo make(ImageName image) {
        UnfinishedRestore.refuse(image);
        try (Creation creation = new Creation(image);
                ProgressLine line = progress.start(spec.commandLine().getErr(), "allocated")) {
            Progress stopping = parent.termination().stopping("image " + image, line);
            ImageInfo info;
            try (Image made = creation.make(force, replace -> make(image, replace, stopping))) {
                if (image.kind() != ImageName.Kind.QCOW2) {
                    preallocation.apply(made, !isDevice(image), stopping);
                }
                info = ImageInfo.of(made);
            }
            creation.complete();
            return info;
        }
    }

    private Image make(ImageName image, boolean replace, Progress stopping) {
        if (image.kind() == ImageName.Kind.QCOW2) {
            return Qcow2Image.create(image, qcow2(), replace, done -> stopping.at(done, size.bytes()));
        }
        return objectSize == null
                ? Images.create(image, size.bytes(), replace)
                : CephImage.create(image, size.bytes(), replace, OptionalInt.of(objectBits()));
    }

    /** It holds what it held before. */
    private static boolean isDevice(ImageName image) {
        return image.file()
                .filter(file -> Files.exists(file) && !Files.isRegularFile(file))
                .isPresent();
    }

    private NewImage qcow2() {
        NewImage like = NewImage.of(size.bytes()).withPreallocation(preallocation.ofQcow2());
        if (clusterSize != null) {
            like = like.withClusterSize((int) Math.min(clusterSize.bytes(), Integer.MAX_VALUE));
        }
        if (backing != null) {
            int colon = backing.indexOf(':');
            if (colon <= 0) {
                throw wrong("--backing: write raw:FILE or qcow2:FILE");
            }
            like = like.withBacking(backing.substring(colon + 1), backing.substring(0, colon));
        }
        return like;
    }

    private int objectBits() {
        long bytes = objectSize.bytes();
        if (objectSize.more() || bytes < SMALLEST_OBJECT || bytes > LARGEST_OBJECT || Long.bitCount(bytes) != 1) {
            throw wrong("--object-size must be a power of two from 4K to 64M");
        }
        return Long.numberOfTrailingZeros(bytes);
    }

    private CommandLine.ParameterException wrong(String what) {
        return new CommandLine.ParameterException(spec.commandLine(), what);
    }
}
