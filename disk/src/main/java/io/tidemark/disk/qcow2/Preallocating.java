// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.ImageException;
import io.tidemark.disk.Loop;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.uring.IoUring;
import java.util.function.LongConsumer;

/** Gives each cluster of a disk its place in the image. No request is on its way. */
final class Preallocating {
    /** How many clusters are entered at once, at the most. */
    private static final int STEP = 1024;

    private final Qcow2Image image;
    private int failure;

    /** Runs at once what it is told to. */
    private record AtOnce() implements Loop {
        @Override
        public IoUring ring() {
            throw new UnsupportedOperationException("nothing is read or written here");
        }

        @Override
        public int requests() {
            return 0;
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }
    }

    Preallocating(Qcow2Image image) {
        this.image = image;
    }

    /**
     * @param progress told now and then how many bytes of the disk have their place
     * @throws ImageException where there is no room, or it can't be written
     */
    void run(Preallocation how, LongConsumer progress) {
        Tables tables = image.tables();
        int bits = tables.layout().clusterBits();
        long clusters = (tables.header().size() - 1 >>> bits) + 1;
        Reserve.Run run = new Reserve.Run();
        try (ParallelIo io = new ParallelIo(image.container())) {
            for (long cluster = 0; cluster < clusters; cluster += run.count()) {
                int status = tables.space().reserve().takeSome((int) Math.min(STEP, clusters - cluster), run);
                check(status);
                switch (how) {
                    case OFF, METADATA -> {}
                    case FALLOC -> io.allocate(run.place(), (long) run.count() << bits);
                    case FULL -> io.fill(run.place(), (long) run.count() << bits);
                }
                io.drain();
                enter(new Change.Enter(
                        tables, cluster << bits, run.place(), run.count(), new AtOnce(), told -> failure = told));
                check(failure);
                progress.accept(
                        Math.min(cluster + run.count() << bits, tables.header().size()));
            }
        }
    }

    private void enter(Change change) {
        image.metadata().call(metadata -> {
            metadata.change(change);
            return metadata.rest();
        });
    }

    private void check(int status) {
        if (status < 0) {
            throw new ImageException(
                    ImageException.Code.IO,
                    "image " + image.name() + ": can't be preallocated: " + Libc.describe(-status)
                            + "; free some space, or make it without");
        }
    }
}
