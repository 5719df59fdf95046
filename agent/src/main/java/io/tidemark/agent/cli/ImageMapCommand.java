// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.image.ImageMap;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tidemark image map}: where an image holds data. */
@Command(
        name = "map",
        description = "Lists where an image holds data, and where it reads as zeros.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class ImageMapCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "raw:PATH or qcow2:PATH.")
    private String name;

    @Mixin
    private OutputOption output;

    @Override
    public Integer call() {
        try (Image image = Images.open(ImageName.parse(name), true)) {
            ImageMap map = ImageMap.of(image);
            output.print(spec.commandLine().getOut(), map, out -> print(map, out));
        }
        return ExitCode.OK.number();
    }

    private static void print(ImageMap map, PrintWriter out) {
        out.println(map.image() + "  " + Units.bytes(map.capacity()));
        Table table = new Table("offset", "length", "what");
        map.extents()
                .forEach(extent -> table.row(
                        extent.offset(), extent.length(), extent.sort().name().toLowerCase(Locale.ROOT)));
        table.print(out, "  ");
    }
}
