// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.image.ImageMap;
import io.tidemark.disk.Image;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Command;

/** {@code tidemark image map}: where an image holds data. */
@Command(
        name = "map",
        description = "Lists where an image holds data, and where it reads as zeros.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class ImageMapCommand extends OneImageCommand {
    @Override
    ExitCode look(Image image) {
        ImageMap map = ImageMap.of(image);
        print(map, out -> write(map, out));
        return ExitCode.OK;
    }

    private static void write(ImageMap map, PrintWriter out) {
        out.println(map.image() + "  " + Units.bytes(map.capacity()));
        Table table = new Table("offset", "length", "what");
        map.extents()
                .forEach(extent -> table.row(
                        extent.offset(), extent.length(), extent.sort().name().toLowerCase(Locale.ROOT)));
        table.print(out, "  ");
    }
}
