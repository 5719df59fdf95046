// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.bench;

import io.tidemark.integration.backend.Backend;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.process.LabException;
import io.tidemark.integration.process.ProcessCost;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;

/** Runs workloads against a backend's socket through libblkio, one thread per queue. */
final class Client {
    private static final long SECTOR = 512;

    private final Backend backend;
    private final boolean polling;
    private final int compressible;

    /** @param compressible how many percent of what is written compress; the rest is random */
    Client(Backend backend, boolean polling, int compressible) {
        this.backend = backend;
        this.polling = polling;
        this.compressible = compressible;
    }

    /** A connection of its own per run, so that the queues are as many as the workload asks for. */
    Measurement run(Workload workload, double seconds) {
        try (BlkioDisk disk = BlkioDisk.open(backend.socket(), workload.queues());
                ExecutorService threads = Executors.newFixedThreadPool(workload.queues())) {
            List<QueueLoad> loads = loads(disk, workload, (long) (seconds * 1e9));
            double cpu = ProcessCost.of(backend.pid()).cpuSeconds();
            List<Future<Histogram>> running =
                    loads.stream().map(threads::submit).toList();
            Histogram all = new Histogram(QueueLoad.LONGEST_NANOS, 3);
            for (Future<Histogram> one : running) {
                all.add(finish(workload, one, seconds));
            }
            return Measurement.of(all, seconds, ProcessCost.of(backend.pid()).cpuSeconds() - cpu);
        }
    }

    private List<QueueLoad> loads(BlkioDisk disk, Workload workload, long nanos) {
        long bytes = (long) workload.depth() * workload.blockSize();
        List<QueueLoad> loads = new ArrayList<>();
        for (int i = 0; i < workload.queues(); i++) {
            MemorySegment buffers = disk.allocate(bytes);
            fill(buffers, i);
            Offsets offsets = Offsets.of(workload, disk.capacity(), i);
            loads.add(new QueueLoad(disk.queue(i), workload, offsets, buffers.address(), nanos, polling));
        }
        return loads;
    }

    /** Random bytes, and in the rest of each sector zeros. */
    private void fill(MemorySegment memory, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long randomBytes = SECTOR * (100 - compressible) / 100;
        for (long at = 0; at < memory.byteSize(); at += Long.BYTES) {
            memory.set(ValueLayout.JAVA_LONG, at, at % SECTOR < randomBytes ? random.nextLong() : 0);
        }
    }

    private Histogram finish(Workload workload, Future<Histogram> load, double seconds) {
        try {
            return load.get((long) seconds + 30, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            // The threads are stuck inside libblkio: ending the backend's process would not wake them either.
            backend.kill();
            System.err.println("bench: " + workload.name() + ": the backend stopped answering");
            Runtime.getRuntime().halt(1);
            throw new LabException(workload.name() + ": the backend stopped answering", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException(workload.name() + ": interrupted", e);
        } catch (ExecutionException e) {
            throw new LabException(workload.name() + ": " + e.getCause().getMessage(), e);
        }
    }
}
