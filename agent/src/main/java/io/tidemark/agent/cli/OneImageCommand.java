// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** A command that looks at one image, which nobody may be writing meanwhile. */
abstract class OneImageCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "raw:PATH, qcow2:PATH or rbd:POOL/NAME.")
    private String name;

    @Mixin
    private OutputOption output;

    @Override
    public final Integer call() {
        try (Image image = open(ImageName.parse(name))) {
            return look(image).number();
        }
    }

    /** To be read, in general with its lock. */
    Image open(ImageName image) {
        return Images.open(image, true);
    }

    abstract ExitCode look(Image image);

    final void print(Object value, Consumer<PrintWriter> text) {
        output.print(spec.commandLine().getOut(), value, text);
    }
}
