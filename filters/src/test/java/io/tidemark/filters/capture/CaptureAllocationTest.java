// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Completion;
import io.tidemark.disk.IoVector;
import io.tidemark.disk.NullImage;
import io.tidemark.disk.Request;
import io.tidemark.disk.StepLoop;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.intent.CrashFile;
import io.tidemark.filters.intent.IntentIdentity;
import io.tidemark.filters.intent.IntentMap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** In steady state neither the loop nor the capture thread allocates anything per request. */
class CaptureAllocationTest implements CaptureListener {
    private static final int WARM_UP = 50_000;
    private static final int WINDOW = 20_000;
    private static final int MOST_WINDOWS = 20;
    private static final int DEPTH = 8;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final StepLoop loop = new StepLoop(DEPTH);
    private final MemorySegment guest = Arena.ofAuto().allocate(4096, 4096);
    private final Request[] pool = new Request[DEPTH];
    private int completed;
    private final Completion onCompleted = (request, status) -> completed++;

    @Override
    public void lost(Loss loss) {
        throw new AssertionError(loss.reason().toString());
    }

    @Override
    public void failed(FilterException cause) {
        throw cause;
    }

    @Test
    void nothingIsAllocatedPerRequest() throws Exception {
        for (int id = 0; id < DEPTH; id++) {
            pool[id] = new Request(id, new IoVector(2));
        }
        WriteClock clock = new WriteClock(System::nanoTime, Clock.systemUTC());
        IntentMap map =
                IntentMap.open(new IntentIdentity("vda", "raw:/a", 1 << 30, new UUID(1, 2)), new CrashFile(), 0, "", 0);
        map.begin(1, true, (cause, declared) -> {
            throw cause;
        });
        try (map;
                Capture capture =
                        new Capture("vda", new NullLog(), this, clock, CaptureLimits.DEFAULT, map, Durability.ASYNC)) {
            BlockDevice device = capture.attach(loop, new NullImage(1 << 30).attach(loop));
            send(device, capture, WARM_UP);
            // A late compilation or deoptimisation may allocate some: two windows in a row without show the steady
            // state.
            List<String> perRequest = new ArrayList<>();
            int quiet = 0;
            while (quiet < 2 && perRequest.size() < MOST_WINDOWS) {
                long captureBefore = allocatedByCapture(capture);
                long before = threads.getCurrentThreadAllocatedBytes();
                send(device, capture, WINDOW);
                double byLoop = (threads.getCurrentThreadAllocatedBytes() - before) / (double) WINDOW;
                double byCapture = (allocatedByCapture(capture) - captureBefore) / (double) WINDOW;
                perRequest.add(byLoop + " by the loop, " + byCapture + " by capture");
                quiet = byLoop < 0.1 && byCapture < 0.1 ? quiet + 1 : 0;
            }
            assertThat(quiet)
                    .as("windows in a row without allocation; bytes per request: %s", perRequest)
                    .isEqualTo(2);
            assertThat(completed).isEqualTo(WARM_UP + perRequest.size() * WINDOW);
            assertThat(capture.statistics().lostChanges()).isZero();
        }
    }

    private void send(BlockDevice device, Capture capture, int requests) {
        for (int i = 0; i < requests; i++) {
            Request request = pool[i % DEPTH];
            switch (i % 16) {
                case 5 -> request.begin(Request.Kind.FLUSH, 0, 0);
                case 6 -> request.begin(Request.Kind.WRITE_ZEROES, (i % 1000) * 4096L, 4096);
                case 7 -> request.begin(Request.Kind.DISCARD, (i % 1000) * 4096L, 4096);
                default -> {
                    request.begin(Request.Kind.WRITE, (i % 1000) * 4096L, 4096);
                    request.data().add(guest.address(), 4096);
                }
            }
            request.onCompletion(onCompleted);
            device.submit(request);
            while (i % 256 == 0 && capture.backlog() > 512) {
                Thread.onSpinWait();
            }
        }
    }

    private long allocatedByCapture(Capture capture) throws Exception {
        long id = capture.ask((log, time) -> Thread.currentThread().threadId()).get();
        return threads.getThreadAllocatedBytes(id);
    }
}
