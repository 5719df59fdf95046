// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.disk.Filter;
import io.tidemark.disk.change.ChangeLog;
import io.tidemark.disk.change.ChangeLog.GapReason;
import io.tidemark.filters.FilterException;
import io.tidemark.filters.capture.Capture;
import io.tidemark.filters.capture.CaptureListener;
import io.tidemark.filters.capture.CaptureStatistics;
import io.tidemark.filters.capture.Loss;
import io.tidemark.filters.capture.WriteClock;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A disk's recordings, one after another: each from an opened history, with capture in the loops' way, to its end. The protection
 * thread's own, but for what says otherwise.
 */
final class Recordings {
    private static final Logger LOG = LoggerFactory.getLogger(Recordings.class);

    /** What the log and the status say of flushes that don't wait any more. */
    static final String SLOW =
            "a guest's flush has waited too long for the store: flushes don't wait until it has caught up; look after the store";

    private final String disk;
    private final FilterSwitch loops;
    private final DiskReader reader;
    private final WriteClock clock;
    private final ProtectionLimits limits;
    private final MapCare care;
    private final LogWait log;
    private final Consumer<Command> tell;
    private final Consumer<String> trouble;

    /** Under this lock: what recordings before the present one have captured; the present one, when it becomes one of them. */
    private final Object counts = new Object();

    private CaptureStatistics before = CaptureStatistics.NONE;
    private volatile Recording present;

    private SyncBuffers buffers;
    private long number;

    /**
     * @param tell tells the protection thread what capture has to say; called by any thread
     * @param trouble told what went wrong at an end
     */
    Recordings(
            String disk,
            FilterSwitch loops,
            DiskReader reader,
            WriteClock clock,
            ProtectionLimits limits,
            MapCare care,
            LogWait log,
            Consumer<Command> tell,
            Consumer<String> trouble) {
        this.disk = disk;
        this.loops = loops;
        this.reader = reader;
        this.clock = clock;
        this.limits = limits;
        this.care = care;
        this.log = log;
        this.tell = tell;
        this.trouble = trouble;
    }

    /** The one that goes on; null if none does. From any thread. */
    Recording present() {
        return present;
    }

    boolean isPresent(long which) {
        return present != null && which == number;
    }

    /** What all of them have captured. From any thread. */
    CaptureStatistics captured() {
        synchronized (counts) {
            Recording now = present;
            return before.and(
                    now == null ? CaptureStatistics.NONE : now.capture().statistics());
        }
    }

    /** Begins one; its capture is in nobody's way yet. If this fails, the history is closed. */
    Recording begin(OpenLog opened) {
        try {
            long which = ++number;
            if (buffers == null) {
                buffers = new SyncBuffers();
            }
            care.begin(
                    opened.session(), (cause, declared) -> tell.accept(new Command.IntentLost(which, cause, declared)));
            Capture capture = new Capture(
                    disk, opened.log(), listener(which), clock, limits.capture(), care.intent(), limits.durability());
            Optional<PriorReads> prior = opened.prior().map(content -> new PriorReads(disk, content, log));
            present = new Recording(opened, capture, new SyncReader(reader, prior, capture, buffers, log), care.plan());
            return present;
        } catch (RuntimeException | Error e) {
            care.end(false);
            opened.prior().ifPresent(PriorContent::release); // nobody has read of it yet
            close(opened); // else no later attempt could open the history
            throw e;
        }
    }

    private CaptureListener listener(long which) {
        return new CaptureListener() {
            @Override
            public void lost(Loss loss) {
                tell.accept(new Command.Lost(which, loss));
            }

            @Override
            public void slow() {
                LOG.warn("disk {}: {}", disk, SLOW);
            }

            @Override
            public void failed(FilterException cause) {
                tell.accept(new Command.Failed(which, cause));
            }
        };
    }

    /**
     * Puts the present one's capture before the image. What is still on the former way passes capture by, over what capture may have recorded meanwhile: the disk may be back at
     * what the history held before. So what is changed until then is not recorded but read, and not compared.
     */
    void putInTheWay(GapReason reason) throws InterruptedException {
        Capture capture = present.capture();
        if (present.opened().prior().isEmpty()) { // all is read, and nothing compared
            Waiting.on(loops.filters(List.of(capture)));
            return;
        }
        Loss meanwhile = capture.lose(reason);
        Waiting.on(loops.filters(List.of(capture)));
        Waiting.on(capture.position()); // the log knows of the loss
        present.plan().add(Waiting.on(capture.resume(meanwhile)));
    }

    /**
     * Takes capture out of the way and closes the history.
     *
     * @param instead what comes into the way in place of capture
     * @param equal whether image and history hold the same, once all that was captured is in the log
     */
    void end(List<Filter> instead, boolean equal) {
        Recording last = present;
        try {
            Waiting.on(loops.filters(instead));
            forget(last);
            last.capture().close();
            close(last);
            ChangeLog history = last.opened().log();
            care.end(equal && !last.capture().isLosing() && history.isDurable(history.told()));
        } catch (RuntimeException | Error | InterruptedException e) {
            // Somebody may still write through the copies: their memory must stay.
            care.forsake();
            trouble.accept("disk " + disk + ": capture could not be taken out of the way: " + e);
            forget(last);
            last.capture().drain();
            close(last);
        }
    }

    private void forget(Recording last) {
        synchronized (counts) {
            if (present == last) {
                before = before.and(last.capture().statistics());
                present = null;
            }
        }
    }

    private void close(Recording last) {
        last.reader().release();
        close(last.opened());
    }

    private void close(OpenLog opened) {
        try {
            opened.end().close();
        } catch (Exception e) {
            trouble.accept("disk " + disk + ": its history could not be closed: " + e.getMessage());
        }
    }
}
