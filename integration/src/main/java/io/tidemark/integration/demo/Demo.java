// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.demo;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The whole way in two minutes: a guest's disk is recorded, destroyed, and brought back. */
@Command(
        name = "bin/demo",
        description = "Runs a Linux guest on a protected disk, destroys the disk, and brings it back.",
        mixinStandardHelpOptions = true)
public final class Demo implements Callable<Integer> {
    @Option(names = "--keep", description = "Leave the disk, the store and the logs where they are.")
    private boolean keep;

    @Option(names = "--folder", description = "Where to put them; default: the folder for temporary files.")
    private Path parent = Path.of(System.getProperty("java.io.tmpdir"));

    public static void main(String[] arguments) {
        CommandLine line = new CommandLine(new Demo());
        line.setExecutionExceptionHandler((e, c, parsed) -> {
            c.getErr().println("demo: " + e.getMessage());
            return 1;
        });
        System.exit(line.execute(arguments));
    }

    @Override
    public Integer call() {
        Timeline timeline = new Timeline(System.out);
        boolean told = false;
        Scene scene = Scene.create(parent, keep);
        try {
            new Story(scene, timeline).tell();
            told = true;
        } finally {
            if (told) {
                scene.close();
            } else {
                System.out.println("  Logs and disks are in " + scene.folder());
            }
        }
        timeline.headline("Done in %.0f seconds. To go on by hand:".formatted(timeline.seconds()));
        System.out.println(commands(scene));
        return 0;
    }

    private static String commands(Scene scene) {
        String first =
                scene.keep() ? "" : "    bin/demo --keep                   # leaves the folder below to play with\n";
        Path folder = scene.keep() ? scene.folder() : scene.folder().resolveSibling("tidemark-demo-…");
        return first + """
                    bin/tidemark history vda --store %1$s/store
                    bin/tidemark restore vda --store %1$s/store --at latest --to raw:%1$s/again.img
                    bin/tidemark verify --store %1$s/store
                    bin/tidemark serve --disk id=vda,image=raw:%1$s/restored.img,socket=%1$s/vda.sock,queues=2
                    qemu-system-x86_64 … -object memory-backend-memfd,id=m,size=1G,share=on -machine q35,memory-backend=m \\
                      -chardev socket,id=c0,path=%1$s/vda.sock -device vhost-user-blk-pci,chardev=c0,num-queues=2
                """.formatted(folder).indent(4).stripTrailing();
    }
}
