// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.image.ImageInfo;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import java.io.PrintWriter;
import picocli.CommandLine.Command;

/** {@code tidemark image info}: what an image is like. */
@Command(
        name = "info",
        description = "Shows how large an image is, and what it is like; also while it is served.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class ImageInfoCommand extends OneImageCommand {
    /** Without the lock: nothing that a writer changes is asked for. */
    @Override
    Image open(ImageName image) {
        return Images.openUnlocked(image, true);
    }

    @Override
    ExitCode look(Image image) {
        ImageInfo info = ImageInfo.of(image);
        print(info, out -> write(info, out));
        return ExitCode.OK;
    }

    private static void write(ImageInfo info, PrintWriter out) {
        out.println(info.image() + "  " + Units.bytes(info.capacity()) + " (" + info.capacity() + " bytes)");
        out.println("  blocks: " + info.logicalBlock() + " bytes logical, " + info.physicalBlock() + " physical");
        info.details().forEach((name, value) -> out.println("  " + name + ": " + value));
    }
}
