// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.control.MarkLock;
import io.tidemark.agent.history.RetentionOrder;
import io.tidemark.agent.history.RetentionReport;
import io.tidemark.agent.history.RetentionReport.Kept;
import io.tidemark.agent.status.RestoreStatus;
import io.tidemark.cdp.Store;
import io.tidemark.cdp.catalogue.Catalogue;
import io.tidemark.cdp.catalogue.CatalogueFile;
import io.tidemark.cdp.read.Point;
import io.tidemark.cdp.write.WriterOptions;
import io.tidemark.integration.backend.PastAgent;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.HistoryView;
import io.tidemark.integration.cli.StoredDisk;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.load.DiskCopy;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.Command;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A history of three hours that an agent thins while its guest writes: by rules, quota and order, through its API. */
class ThinnedIT extends LabTest {
    private static final long CAPACITY = 32L << 20;
    private static final int BLOCK = 4096;
    private static final long BLOCKS = CAPACITY / BLOCK;
    private static final long WRITES = 40_000;
    /** A log segment ends with a batch: small ones make the segments about as long as they are to be. */
    private static final long BATCH = 1000;

    private static final Duration SPAN = Duration.ofHours(3);
    private static final String RULES = "30m:write/2h:10m";
    private static final int REFUSED = 7;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final long begin =
            ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now().minus(SPAN));

    @Test
    void keepsWhatItsRulesSayUnderLoad() throws Exception {
        System.out.println("seed " + seed);
        record();
        Path image = newPath();
        try (StoredDisk disk = StoredDisk.open(store(), "vda")) {
            disk.copy(new Point.Latest(), image);
        }
        assertState(image, WRITES, "the disk");
        try (TidemarkAgent agent = protect(image)) {
            agent.awaitCaughtUp();
            var control = new ControlClient(agent.control());
            try (var _ = new Load(agent.socket())) {
                List<Kept> kept = thinned(control, agent.control());
                showsWhatIsKeptAndRefusesTheRest(kept);
            }
            agent.awaitCaughtUp();
            bringsADiskBackInPlace(control, image);
            takesAwayOnRequest(control);
            obeysAQuota(control);
            assertThat(agent.terminate()).isZero();
        }
        Path latest = newPath();
        TidemarkCli.restore(store(), "latest", latest);
        assertThat(Files.mismatch(latest, image)).as("seed %s", seed).isEqualTo(-1);
        assertThat(TidemarkCli.verify(store()).code()).isZero();
    }

    private long offset(long number) {
        long mixed = (number + seed) * 0x9e3779b97f4a7c15L;
        return Long.remainderUnsigned(mixed ^ mixed >>> 29, BLOCKS) * BLOCK;
    }

    private long time(long number) {
        return begin + number * (SPAN.toMillis() * 1000 / (WRITES + 1));
    }

    private static void fill(MemorySegment block, long number) {
        for (int at = 0; at < BLOCK; at += 512) {
            block.set(ValueLayout.JAVA_LONG, at, number);
        }
    }

    /** Three hours of writes, in many short log segments; marks after half an hour. */
    private void record() throws Exception {
        var options = WriterOptions.DEFAULT.withSegments(4L << 20, 128 << 10);
        try (var arena = Arena.ofConfined();
                var writer = Store.openOrCreate(store()).write("vda", CAPACITY, options)) {
            var content = arena.allocate(BLOCK, 64);
            for (long number = 1; number <= WRITES; number++) {
                fill(content, number);
                writer.write(time(number), offset(number), content);
                if (number == WRITES / 6) {
                    writer.mark(time(number), "locked");
                } else if (number == WRITES / 5) {
                    writer.mark(time(number), "not locked");
                }
                if (number % BATCH == 0) {
                    writer.commit();
                    assertThat(writer.awaitDurable(number, PATIENCE)).isTrue();
                }
            }
            var history = Store.open(store()).history("vda");
            int complete = Integer.parseInt(history.meta().list().getLast()) - 1;
            Await.until(
                    "layers of all log segments",
                    PATIENCE,
                    () -> CatalogueFile.read(history)
                                    .catalogue()
                                    .orElse(Catalogue.EMPTY)
                                    .lastSegment()
                            >= complete);
        }
    }

    private void assertState(Path image, long number, String what) throws IOException {
        var last = new long[(int) BLOCKS];
        for (long n = 1; n <= number; n++) {
            last[(int) (offset(n) / BLOCK)] = n;
        }
        try (Arena arena = Arena.ofConfined();
                FileChannel file = FileChannel.open(image, StandardOpenOption.READ)) {
            MemorySegment content = file.map(FileChannel.MapMode.READ_ONLY, 0, CAPACITY, arena);
            for (int i = 0; i < BLOCKS; i++) {
                assertThat(content.get(ValueLayout.JAVA_LONG, (long) i * BLOCK))
                        .as("%s: block %s at write %s, seed %s", what, i, number, seed)
                        .isEqualTo(last[i]);
            }
        }
    }

    private List<Kept> thinned(ControlClient control, Path socket) {
        var order = new RetentionOrder(RULES, null, null);
        control.lock("vda", new MarkLock("locked", true));
        RetentionReport preview = control.previewRetention("vda", order);
        assertThat(preview.goes().firstWrite()).isEqualTo(1);
        assertThat(preview.goes().lastWrite()).isBetween(WRITES / 2, WRITES * 5 / 6);
        assertThat(HistoryView.of(store()).intervals().getFirst().firstWrite())
                .as("a preview takes nothing away")
                .isZero();

        RetentionReport done = control.retain("vda", order);
        assertThat(done.putOff()).isNull();
        assertThat(done.rules()).isEqualTo(RULES);
        assertThat(done.goes().lastWrite())
                .isGreaterThanOrEqualTo(preview.goes().lastWrite());
        // The mark, and one each ten minutes of an hour and a half; less what lies in the log segment that the single
        // writes begin with.
        assertThat(done.kept()).hasSizeBetween(5, 12);
        assertThat(done.kept().getLast().time()).isAfter(done.singlesSince().minus(Duration.ofMinutes(11)));
        assertThat(done.kept().getFirst().write()).isEqualTo(WRITES / 6);
        assertThat(done.kept()).isSortedAccordingTo(Comparator.comparing(Kept::write));
        assertThat(HistoryView.of(store()).intervals().getFirst().firstWrite()).isEqualTo(WRITES / 6);
        var asked = TidemarkCli.json(
                "retain", "vda", "--store", store().toString(), "--preview", "--control", socket.toString());
        assertThat(asked.required("rules").asText()).isEqualTo(RULES);
        return done.kept();
    }

    private void showsWhatIsKeptAndRefusesTheRest(List<Kept> kept) throws IOException {
        for (Kept state : kept) {
            Path copy = newPath();
            try (StoredDisk disk = StoredDisk.open(store(), "vda")) {
                disk.copy(new Point.WriteNumber(state.write()), copy);
            }
            assertState(copy, state.write(), "a kept state");
        }
        Kept one = kept.get(kept.size() / 2);
        Kept next = kept.get(kept.size() / 2 + 1);
        Path restored = newPath();
        // A moment between two states that are kept means the former.
        var done = TidemarkCli.restore(store(), one.time().plusSeconds(60).toString(), restored);
        assertThat(done.required("write").asLong()).isEqualTo(one.write());
        assertState(restored, one.write(), "a restored state");
        try (PastAgent past = attach("write:" + next.write())) {
            Path copy = newPath();
            DiskCopy.of(past.socket(), copy);
            assertState(copy, next.write(), "an attached state");
            assertThat(past.terminate()).isZero();
        }
        Path marked = newPath();
        TidemarkCli.restore(store(), "mark:locked", marked);
        assertState(marked, WRITES / 6, "the locked mark");

        refused("write:" + (one.write() + 1), "write:" + one.write() + " and write:" + next.write());
        assertThat(TidemarkCli.tryRestore(store(), "mark:not locked", newPath()).errors())
                .contains("has no mark \"not locked\"");
        refused(
                "write:1",
                "the nearest restorable points are write:" + kept.getFirst().write());
    }

    private PastAgent attach(String point) {
        return PastAgent.start(folder.resolve("past.log"), store(), point, folder.resolve("past.sock"));
    }

    private void refused(String point, String nearest) {
        Command restore = TidemarkCli.tryRestore(store(), point, newPath());
        Command attach = TidemarkCli.run(
                "attach",
                "vda",
                "--store",
                store().toString(),
                "--at",
                point,
                "--socket",
                folder.resolve("none.sock").toString());
        for (Command refused : List.of(restore, attach)) {
            assertThat(refused.code()).as(refused.errors()).isEqualTo(REFUSED);
            assertThat(refused.errors()).contains(nearest);
        }
    }

    private void bringsADiskBackInPlace(ControlClient control, Path image) throws IOException {
        Path before = Files.copy(image, newPath());
        List<Kept> kept = control.previewRetention("vda", new RetentionOrder(null, null, null))
                .kept();
        Kept one = kept.get(kept.size() / 2);
        RestoreStatus done = restored(control, "write:" + one.write());
        assertState(image, one.write(), "the disk, restored in place");
        restored(control, "mark:" + done.undo());
        assertThat(Files.mismatch(image, before)).as("seed %s", seed).isEqualTo(-1);
    }

    private static RestoreStatus restored(ControlClient control, String point) {
        control.restore("vda", point);
        Await.until(
                "a restore that is done",
                PATIENCE,
                () -> control.restoring("vda").state() != RestoreStatus.State.RUNNING);
        RestoreStatus done = control.restoring("vda");
        assertThat(done.state()).as(done.toString()).isEqualTo(RestoreStatus.State.DONE);
        return done;
    }

    private void takesAwayOnRequest(ControlClient control) throws IOException {
        List<Kept> kept = control.previewRetention("vda", new RetentionOrder(null, null, null))
                .kept();
        long from = kept.get(kept.size() / 2).write();
        RetentionReport done = control.retain("vda", new RetentionOrder(null, null, "write:" + from));
        assertThat(done.putOff()).isNull();
        assertThat(done.kept().getFirst().write()).as("the locked mark").isEqualTo(WRITES / 6);
        assertThat(done.kept().get(1).write()).isEqualTo(from);
        refused("write:" + kept.get(1).write(), "write:" + WRITES / 6 + " and write:" + from);
        Path copy = newPath();
        TidemarkCli.restore(store(), "write:" + from, copy);
        assertState(copy, from, "the oldest that is kept");
    }

    private void obeysAQuota(ControlClient control) throws IOException {
        RetentionReport less = control.retain("vda", new RetentionOrder(null, "1M", null));
        assertThat(less.quota()).isEqualTo(1L << 20);
        Path copy = newPath();
        TidemarkCli.restore(store(), "mark:locked", copy);
        assertState(copy, WRITES / 6, "the locked mark");
        assertThat(HistoryView.of(store()).intervals().getFirst().firstWrite()).isEqualTo(WRITES / 6);

        control.lock("vda", new MarkLock("locked", false));
        control.retain("vda", new RetentionOrder(RULES, "none", null));
        assertThat(TidemarkCli.tryRestore(store(), "mark:locked", newPath()).errors())
                .contains("has no mark \"locked\"");
    }

    /** A guest that goes on writing, to the same blocks, until it is closed. */
    private final class Load implements AutoCloseable {
        private final BlkioDisk disk;
        private final Thread thread;
        private volatile boolean ends;
        private volatile long written;
        private volatile int failed;

        Load(Path socket) {
            disk = BlkioDisk.open(socket, 1);
            thread = Thread.ofPlatform().start(this::run);
            Await.until("a load under way", PATIENCE, () -> written > 100);
        }

        private void run() {
            var memory = disk.allocate(BLOCK);
            for (long number = WRITES + 1; !ends && failed == 0; number++) {
                fill(memory, number);
                disk.queue(0).write(offset(number), memory.address(), BLOCK, 1);
                if (disk.queue(0).submitAndReap(1, TimeUnit.SECONDS.toNanos(60)) != 1
                        || disk.queue(0).result(0) != 0) {
                    failed = 1;
                }
                written++;
            }
        }

        @Override
        public void close() throws InterruptedException {
            ends = true;
            thread.join();
            disk.close();
            assertThat(failed).isZero();
            System.out.println(written + " writes meanwhile");
        }
    }
}
