// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.demo;

import io.tidemark.integration.process.Checkout;
import java.nio.file.Files;
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

    @Option(names = "--folder", description = "Where to put them; default: /var/tmp, which is on a disk.")
    private Path parent =
            Path.of(Files.isWritable(Path.of("/var/tmp")) ? "/var/tmp" : System.getProperty("java.io.tmpdir"));

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
        Scene scene = Scene.create(parent, keep);
        Thread interrupted = new Thread(scene::close);
        Runtime.getRuntime().addShutdownHook(interrupted);
        boolean told = false;
        try {
            new Story(scene, timeline).tell();
            told = true;
        } finally {
            // Removed on success and on Ctrl-C; after a failure they say why.
            if (told) {
                scene.close();
            } else {
                System.out.println("  Logs and disks are in " + scene.folder());
            }
            forget(interrupted);
        }
        timeline.headline("Done in %.0f seconds. To go on by hand:".formatted(timeline.seconds()));
        System.out.println(commands(scene));
        return 0;
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // Ctrl-C came first: the hook runs.
        }
    }

    private static String commands(Scene scene) {
        String folder = scene.keep() ? scene.folder().toString() : "/var/tmp/tidemark-demo-…";
        String first = scene.keep() ? "" : "bin/demo --keep      # leaves everything in the folder named below\n";
        return (first + """
                        cd %s
                        bin/tidemark history vda --store store
                        bin/tidemark restore vda --store store --at latest --to raw:again.img
                        bin/tidemark verify --store store
                        bin/tidemark serve --disk id=vda,image=raw:restored.img,socket=vda.sock,queues=2
                        qemu-system-x86_64 … -object memory-backend-memfd,id=m,size=1G,share=on -machine q35,memory-backend=m \\
                          -chardev socket,id=c0,path=vda.sock -device vhost-user-blk-pci,chardev=c0,num-queues=2
                        """.formatted(folder).replace("bin/tidemark", Checkout.file("bin/tidemark")))
                .indent(4)
                .stripTrailing();
    }
}
