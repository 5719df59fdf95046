// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.FaultyDevice;
import io.tidemark.disk.Filter;
import io.tidemark.disk.Image;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.EventFd;
import io.tidemark.vhost.blk.BlkDiscardSegment;
import io.tidemark.vhost.blk.BlkLimits;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.blk.BlkStatus;
import io.tidemark.vhost.fixture.OpenUrings;
import io.tidemark.vhost.memory.GuestMemory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A queue loop on a real file, driven through a ring in memory. */
@Timeout(60)
class QueueLoopTest {
    private static final int CAPACITY = 8 << 20;
    private static final int SECTORS = CAPACITY / 512;

    /** An address that no region has. */
    private static final long OUTSIDE = 0x10;

    private Path file;
    private Image image;
    private QueueLoop loop;
    private Driver driver;

    @BeforeEach
    void serve() throws IOException {
        file = Files.createTempFile(Path.of("/dev/shm"), "tidemark-loop", ".img");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(CAPACITY);
        }
        image = Images.open(ImageName.parse("raw:" + file), false);
        loop = new QueueLoop("test-q0", image, "serial-1".getBytes(StandardCharsets.US_ASCII));
        drive(new Driver(128, true, 40));
    }

    private void drive(Driver fresh) {
        driver = fresh;
        loop.memory(driver.table).join();
        loop.writeCache(true);
        loop.start(driver.vring(0)).join();
        loop.enable(true).join();
    }

    @AfterEach
    void end() throws IOException {
        loop.stop().join();
        loop.memory(GuestMemory.EMPTY).join();
        loop.close();
        driver.close();
        image.close();
        Files.delete(file);
    }

    private int run(int type, long sector, int length, boolean dataWritable) {
        driver.request(0, type, sector, length, dataWritable);
        driver.offer(0);
        driver.submit();
        assertThat(driver.awaitUsed()).isZero();
        return driver.status(0);
    }

    @Test
    void whatIsWrittenIsRead() {
        driver.data(0).fill((byte) 7);
        assertThat(run(BlkRequestType.OUT, 16, 65536, false)).isEqualTo(BlkStatus.OK);
        driver.data(0).fill((byte) 0);
        assertThat(run(BlkRequestType.IN, 16, 65536, true)).isEqualTo(BlkStatus.OK);
        MemorySegment expected = MemorySegment.ofArray(new byte[65536]).fill((byte) 7);
        assertThat(driver.data(0).asSlice(0, 65536).mismatch(expected)).isEqualTo(-1);
        assertThat(run(BlkRequestType.FLUSH, 0, 0, false)).isEqualTo(BlkStatus.OK);
        assertThat(loop.counters().requests(Request.Kind.FLUSH)).isEqualTo(1);
        assertThat(loop.counters().bytes(Request.Kind.WRITE)).isEqualTo(65536);
        assertThat(loop.counters().latencies(Request.Kind.READ).getTotalCount()).isEqualTo(1);
    }

    @Test
    void writesAreDurableAtOnceWhereTheGuestKnowsNoWriteCache() {
        loop.writeCache(false);
        assertThat(run(BlkRequestType.OUT, 0, 4096, false)).isEqualTo(BlkStatus.OK);
    }

    @Test
    void theSerialNumberIsPaddedWithZeros() {
        driver.data(0).fill((byte) 'x');
        assertThat(run(BlkRequestType.GET_ID, 0, 20, true)).isEqualTo(BlkStatus.OK);
        byte[] answer = driver.data(0).asSlice(0, 21).toArray(ValueLayout.JAVA_BYTE);
        byte[] expected = Arrays.copyOf("serial-1".getBytes(StandardCharsets.US_ASCII), 21);
        expected[20] = 'x';
        assertThat(answer).isEqualTo(expected);
    }

    @Test
    void zeroedAndDiscardedRangesReadAsZeros() {
        driver.data(0).fill((byte) 1);
        run(BlkRequestType.OUT, 0, 1 << 20, false);
        zeroing(BlkRequestType.DISCARD, 0, 8, 0, BlkStatus.OK);
        zeroing(BlkRequestType.WRITE_ZEROES, 16, 8, 1, BlkStatus.OK);
        zeroing(BlkRequestType.WRITE_ZEROES, 32, 8, 0, BlkStatus.OK);
        zeroing(BlkRequestType.DISCARD, 0, 8, 1, BlkStatus.UNSUPP);
        zeroing(BlkRequestType.WRITE_ZEROES, 0, 8, 2, BlkStatus.UNSUPP);
        zeroing(BlkRequestType.DISCARD, SECTORS - 1, 2, 0, BlkStatus.IOERR);
        zeroing(BlkRequestType.DISCARD, -1, 1, 0, BlkStatus.IOERR);
        run(BlkRequestType.IN, 0, 20480, true);
        for (int sector = 0; sector < 40; sector++) {
            boolean zero = sector / 8 % 2 == 0;
            assertThat(driver.data(0).get(ValueLayout.JAVA_BYTE, sector * 512L + 100))
                    .as("sector %d", sector)
                    .isEqualTo((byte) (zero ? 0 : 1));
        }
    }

    @Test
    void aRequestWithSeveralRangesZeroesEachOfThem() {
        for (int type : new int[] {BlkRequestType.DISCARD, BlkRequestType.WRITE_ZEROES}) {
            driver.data(0).fill((byte) 1);
            run(BlkRequestType.OUT, 0, 1 << 20, false);
            for (int i = 0; i < BlkLimits.DISCARD_SEGMENTS; i++) {
                // The last range first: they need not be in order.
                range(i, 2L * (BlkLimits.DISCARD_SEGMENTS - 1 - i), 1, 0);
            }
            assertThat(run(type, 0, 16 * BlkLimits.DISCARD_SEGMENTS, false)).isEqualTo(BlkStatus.OK);
            run(BlkRequestType.IN, 0, 64 * 512, true);
            for (int sector = 0; sector < 64; sector++) {
                assertThat(driver.data(0).get(ValueLayout.JAVA_BYTE, sector * 512L + 511))
                        .as("sector %d", sector)
                        .isEqualTo((byte) (sector % 2));
            }
            assertThat(loop.counters()
                            .requests(
                                    type == BlkRequestType.DISCARD ? Request.Kind.DISCARD : Request.Kind.WRITE_ZEROES))
                    .isEqualTo(1);
        }
    }

    /** All ranges are checked before the first is touched. */
    @Test
    void oneBadRangeLeavesTheOthersAlone() {
        driver.data(0).fill((byte) 1);
        run(BlkRequestType.OUT, 0, 4096, false);
        range(0, 0, 8, 0);
        range(1, SECTORS - 1, 2, 0);
        assertThat(run(BlkRequestType.DISCARD, 0, 32, false)).isEqualTo(BlkStatus.IOERR);
        range(1, 8, 8, 1);
        assertThat(run(BlkRequestType.DISCARD, 0, 32, false)).isEqualTo(BlkStatus.UNSUPP);
        assertThat(run(BlkRequestType.WRITE_ZEROES, 0, 31, false)).isEqualTo(BlkStatus.UNSUPP);
        assertThat(run(BlkRequestType.WRITE_ZEROES, 0, 0, false)).isEqualTo(BlkStatus.UNSUPP);
        assertThat(run(BlkRequestType.WRITE_ZEROES, 0, 16 * BlkLimits.DISCARD_SEGMENTS + 16, false))
                .isEqualTo(BlkStatus.UNSUPP);
        run(BlkRequestType.IN, 0, 4096, true);
        assertThat(driver.data(0).asSlice(0, 4096).toArray(ValueLayout.JAVA_BYTE))
                .containsOnly(1);
    }

    private void range(int index, long sector, int sectors, int flags) {
        BlkDiscardSegment.put(driver.data(0), (long) index * BlkDiscardSegment.SIZE, sector, sectors, flags);
    }

    private void zeroing(int type, long sector, int sectors, int flags, int expected) {
        driver.data(0).set(ValueLayout.JAVA_LONG, 0, sector);
        driver.data(0).set(ValueLayout.JAVA_INT, 8, sectors);
        driver.data(0).set(ValueLayout.JAVA_INT, 12, flags);
        assertThat(run(type, 0, 16, false))
                .as("%d at %d flags %d", type, sector, flags)
                .isEqualTo(expected);
    }

    @Test
    void rangesOutsideOfTheDiskAndOddLengthsAreErrors() {
        assertThat(run(BlkRequestType.IN, SECTORS, 512, true)).isEqualTo(BlkStatus.IOERR);
        assertThat(run(BlkRequestType.OUT, SECTORS - 1, 1024, false)).isEqualTo(BlkStatus.IOERR);
        assertThat(run(BlkRequestType.IN, -1, 512, true)).isEqualTo(BlkStatus.IOERR);
        assertThat(run(BlkRequestType.IN, Long.MAX_VALUE, 512, true)).isEqualTo(BlkStatus.IOERR);
        assertThat(run(BlkRequestType.IN, 1L << 55, 512, true)).isEqualTo(BlkStatus.IOERR);
        assertThat(run(BlkRequestType.IN, 0, 100, true)).isEqualTo(BlkStatus.IOERR);
        assertThat(run(BlkRequestType.OUT, 0, 0, false)).isEqualTo(BlkStatus.IOERR);
        assertThat(run(99, 0, 512, true)).isEqualTo(BlkStatus.UNSUPP);
        assertThat(run(BlkRequestType.IN, 0, 512, true)).isEqualTo(BlkStatus.OK);
    }

    @Test
    void buffersMayBeLaidOutInAnyWay() {
        // Header in two parts, data in three odd ones, status together with nothing: virtio 1.3, 2.7.4.2.
        driver.header(0, BlkRequestType.OUT, 4);
        for (int i = 0; i < 1024; i++) {
            driver.data(0).set(ValueLayout.JAVA_BYTE, 1 + i, (byte) (i / 3));
        }
        int next = VirtqDescriptor.F_NEXT;
        driver.descriptor(0, driver.headerAddress(0), 5, next, 1);
        driver.descriptor(1, driver.headerAddress(0) + 5, 11, next, 2);
        driver.descriptor(2, driver.dataAddress(0) + 1, 1, next, 3);
        driver.descriptor(3, driver.dataAddress(0) + 2, 0, next, 4);
        driver.descriptor(4, driver.dataAddress(0) + 2, 1000, next, 5);
        driver.descriptor(5, driver.dataAddress(0) + 1002, 23, next, 6);
        driver.descriptor(6, driver.headerAddress(0) + 32, 1, VirtqDescriptor.F_WRITE, 0);
        driver.offer(0);
        driver.submit();
        driver.awaitUsed();
        assertThat(driver.status(0)).isEqualTo(BlkStatus.OK);

        // Read back through an indirect table at an odd address, with the status in the data's buffer.
        driver.header(0, BlkRequestType.IN, 4);
        MemorySegment table = driver.data(1).asSlice(3, 48);
        MemorySegment saved = MemorySegment.ofArray(new byte[1024]);
        saved.copyFrom(driver.data(0).asSlice(1, 1024));
        writeDescriptor(table, 0, driver.headerAddress(0), 16, next, 2);
        writeDescriptor(table, 2, driver.dataAddress(2) + 7, 1025, VirtqDescriptor.F_WRITE, 0);
        driver.descriptor(0, driver.dataAddress(1) + 3, 48, VirtqDescriptor.F_INDIRECT, 0);
        driver.offer(0);
        driver.submit();
        driver.awaitUsed();
        assertThat(driver.data(2).get(ValueLayout.JAVA_BYTE, 7 + 1024)).isZero();
        assertThat(driver.data(2).asSlice(7, 1024).mismatch(saved)).isEqualTo(-1);
    }

    private static void writeDescriptor(MemorySegment table, int index, long address, int length, int flags, int next) {
        table.set(ValueLayout.JAVA_LONG_UNALIGNED, index * 16L, address);
        table.set(ValueLayout.JAVA_INT_UNALIGNED, index * 16L + 8, length);
        table.set(ValueLayout.JAVA_SHORT_UNALIGNED, index * 16L + 12, (short) flags);
        table.set(ValueLayout.JAVA_SHORT_UNALIGNED, index * 16L + 14, (short) next);
    }

    @Test
    void withoutEventIndexTheFlagsDoTheSame() {
        loop.stop().join();
        loop.memory(GuestMemory.EMPTY).join();
        driver.close();
        drive(new Driver(128, false, 4));
        for (int i = 0; i < 1000; i++) {
            assertThat(run(BlkRequestType.IN, i, 512, true)).isEqualTo(BlkStatus.OK);
        }
    }

    @Test
    void theRingGoesOnWhereItStopped() {
        for (int i = 0; i < 300; i++) {
            assertThat(run(BlkRequestType.IN, i, 512, true)).isEqualTo(BlkStatus.OK);
        }
        int base = loop.stop().join();
        assertThat(base).isEqualTo(300);
        assertThat(loop.stop().join()).as("stopped again").isEqualTo(300);
        loop.start(driver.vring(base)).join();
        assertThat(run(BlkRequestType.IN, 1, 512, true)).isEqualTo(BlkStatus.OK);
    }

    @Test
    void aDisabledRingWaits() {
        loop.enable(false).join();
        driver.request(0, BlkRequestType.IN, 0, 512, true);
        driver.offer(0);
        driver.submit();
        loop.call(driver.call.fd()).join();
        assertThat(driver.used()).isEqualTo(-1);
        loop.enable(true).join();
        assertThat(driver.awaitUsed()).isZero();
    }

    /** Holds requests back until it is told to let go. */
    private static final class Holding implements Filter {
        final Queue<Runnable> held = new ArrayDeque<>();
        Loop owner;

        @Override
        public BlockDevice attach(Loop loop, BlockDevice below) {
            owner = loop;
            return request -> held.add(() -> below.submit(request));
        }

        void letGo() {
            owner.execute(() -> {
                while (!held.isEmpty()) {
                    held.remove().run();
                }
            });
        }
    }

    @Test
    void stopMemoryAndFilterChangesWaitForRequestsOnTheirWay() throws Exception {
        Holding holding = new Holding();
        loop.filters(List.of(holding)).join();
        driver.request(0, BlkRequestType.IN, 0, 512, true);
        driver.offer(0);
        driver.submit();
        CompletableFuture<Void> taken = new CompletableFuture<>();
        awaitHeld(holding, taken);
        taken.get(10, TimeUnit.SECONDS);
        CompletableFuture<Void> filters = loop.filters(List.of());
        CompletableFuture<Void> memory = loop.memory(driver.table);
        // A request that came later doesn't matter to them.
        driver.request(1, BlkRequestType.IN, 8, 512, true);
        driver.offer(3);
        driver.submit();
        assertThat(driver.awaitUsed()).isEqualTo(3);
        CompletableFuture<Integer> stop = loop.stop();
        loop.call(driver.call.fd()).join();
        assertThat(filters).isNotDone();
        assertThat(memory).isNotDone();
        assertThat(stop).isNotDone();
        holding.letGo();
        assertThat(stop.get(10, TimeUnit.SECONDS)).isEqualTo(2);
        filters.get(10, TimeUnit.SECONDS);
        memory.get(10, TimeUnit.SECONDS);
        assertThat(driver.awaitUsed()).isZero();
    }

    private void awaitHeld(Holding holding, CompletableFuture<Void> taken) {
        loop.execute(() -> {
            if (holding.held.isEmpty()) {
                awaitHeld(holding, taken);
            } else {
                taken.complete(null);
            }
        });
    }

    @Test
    void aBrokenRingStopsAndCanBeStartedAnew() {
        breakBy(() -> driver.availIndex(1000));
        breakBy(() -> {
            driver.offer(500);
            driver.submit();
        });
        breakBy(() -> offerSingle(OUTSIDE, 512, 0));
        breakBy(() -> offerSingle(driver.dataAddress(0), 17, VirtqDescriptor.F_INDIRECT));
        breakBy(() -> offerSingle(driver.dataAddress(0), 16, VirtqDescriptor.F_NEXT));
        breakBy(() -> offerSingle(driver.dataAddress(0), 100, VirtqDescriptor.F_WRITE));
        breakBy(() -> offerSingle(-100, 200, 0));
    }

    private void offerSingle(long address, int length, int flags) {
        driver.descriptor(0, address, length, flags, 0);
        driver.offer(0);
        driver.submit();
    }

    private void breakBy(Runnable abuse) {
        abuse.run();
        loop.call(driver.call.fd()).join();
        loop.stop().join();
        assertThat(driver.used()).isEqualTo(-1);
        loop.memory(GuestMemory.EMPTY).join();
        driver.close();
        drive(new Driver(128, true, 2));
        assertThat(run(BlkRequestType.IN, 0, 512, true)).isEqualTo(BlkStatus.OK);
    }

    @Test
    void garbageInDescriptorsNeverHangsOrHarmsTheLoop() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 1000; round++) {
            for (int i = 0; i < 16; i++) {
                long address = random.nextInt(4) == 0
                        ? random.nextLong()
                        : Driver.GUEST + random.nextInt((int) driver.memory.byteSize() / 2);
                // Descriptors must not point at the ring itself: what they overwrite there is the guest's own affair.
                address = random.nextBoolean() ? driver.dataAddress(0) + random.nextInt(100_000) : address;
                int length = random.nextInt(3) == 0 ? random.nextInt() : 16 * random.nextInt(5);
                boolean writable = random.nextInt(3) == 0;
                int flags = writable && address < driver.dataAddress(0) ? 0 : random.nextInt(8);
                driver.descriptor(i, address, length, flags, random.nextInt(20));
            }
            driver.offer(random.nextInt(16));
            driver.submit();
            // The turn that answers this message looks at the ring before the next message.
            loop.call(driver.call.fd()).join();
            loop.start(driver.vring(loop.stop().join())).join();
        }
        loop.stop().join();
        loop.memory(GuestMemory.EMPTY).join();
        driver.close();
        drive(new Driver(128, true, 2));
        assertThat(run(BlkRequestType.IN, 0, 512, true)).as("seed %d", seed).isEqualTo(BlkStatus.OK);
    }

    @Test
    void theDataPathAllocatesNothingInSteadyState() {
        loop.stop().join();
        driver.inflight = Arena.ofAuto().allocate(InflightLayout.stride(driver.size, false), 64);
        loop.start(driver.vring(0)).join();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        CompletableFuture<Long> id = new CompletableFuture<>();
        loop.execute(() -> id.complete(Thread.currentThread().threadId()));
        // A late compilation, or one taken back, allocates once; what is allocated per request shows in every window.
        double least = Double.MAX_VALUE;
        for (int window = 0; window < 20 && least >= 0.1; window++) {
            long before = threads.getThreadAllocatedBytes(id.join());
            exchange(20_000);
            long after = threads.getThreadAllocatedBytes(id.join());
            least = Math.min(least, (after - before) / 20_000.0);
        }
        assertThat(least).as("bytes per request").isLessThan(0.1);
    }

    private void exchange(int requests) {
        Random random = new Random(1);
        int done = 0;
        int offered = 0;
        for (int id = 0; id < 32; id++) {
            offer(id, random);
            offered++;
        }
        while (done < requests) {
            int id = driver.awaitUsed() / 3;
            assertThat(driver.status(id)).isZero();
            done++;
            if (offered < requests) {
                offer(id, random);
                offered++;
            }
        }
    }

    private void offer(int id, Random random) {
        boolean write = random.nextBoolean();
        int type = write ? BlkRequestType.OUT : BlkRequestType.IN;
        driver.request(id, type, random.nextInt(SECTORS / 8) * 8L, 4096, !write);
        driver.offer(id * 3);
        driver.submit();
    }

    /** A backend may die after it gave requests back and before it said so: the driver would wait for good. */
    @Test
    void aRingThatStartsTellsTheDriverToLook() throws IOException {
        assertThat(run(BlkRequestType.IN, 0, 512, true)).isEqualTo(BlkStatus.OK);
        int base = loop.stop().join();
        String before = signals(driver.call);
        loop.start(driver.vring(base)).join();
        try (EventFd other = new EventFd()) {
            // What was meant for the first one has reached it when this is answered.
            loop.call(other.fd()).join();
            assertThat(signals(driver.call)).isNotEqualTo(before);
            loop.call(-1).join();
        }
    }

    /** What is done at once enters no kernel, and the requests behind it may take long. */
    @Test
    void theInterruptOfWhatIsDoneAtOnceDoesNotWaitForTheNextRequests() throws IOException {
        String before = signals(driver.call);
        List<String> seen = new CopyOnWriteArrayList<>();
        loop.filters(List.of((owner, below) -> request -> {
                    try {
                        seen.add(signals(driver.call));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    request.complete(0);
                }))
                .join();
        for (int id = 0; id < 8; id++) {
            driver.request(id, BlkRequestType.IN, 0, 512, true);
            driver.offer(3 * id);
        }
        driver.submit();
        for (int id = 0; id < 8; id++) {
            assertThat(driver.awaitUsed()).isEqualTo(3 * id);
        }
        assertThat(seen).hasSize(8);
        assertThat(seen.subList(0, 4)).containsOnly(before);
        assertThat(seen.subList(4, 8)).doesNotContain(before);
        assertThat(loop.counters().latencies(Request.Kind.READ).getMinNonZeroValue())
                .isPositive();
    }

    private static String signals(EventFd eventFd) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/fdinfo/" + eventFd.fd())).stream()
                .filter(line -> line.startsWith("eventfd-count"))
                .findFirst()
                .orElseThrow();
    }

    /** All write the same place, so the order shows; the first backend hangs, as if it were dead. */
    @Test
    void requestsInFlightAreDoneAgainInTheirOrder() {
        loop.stop().join();
        driver.inflight = Arena.ofAuto().allocate(InflightLayout.stride(driver.size, false), 64);
        loop.start(driver.vring(0)).join();
        FaultyDevice[] faulty = new FaultyDevice[1];
        loop.filters(List.of((fresh, below) -> faulty[0] = new FaultyDevice(below, request -> FaultyDevice.Fault.HOLD)))
                .join();
        for (int id = 0; id < 5; id++) {
            driver.data(id).fill((byte) (id + 1));
            driver.request(id, BlkRequestType.OUT, 8, 4096, false);
            driver.offer(id * 3);
        }
        driver.submit();
        await(() -> faulty[0].held() == 5);

        try (QueueLoop next = new QueueLoop("test-q0-next", image, new byte[0])) {
            next.memory(driver.table).join();
            // As QEMU does: the used index, whatever was taken.
            next.start(driver.vring(0)).join();
            next.enable(true).join();
            for (int i = 0; i < 5; i++) {
                int id = driver.awaitUsed() / 3;
                assertThat(driver.status(id)).isZero();
            }
            driver.request(5, BlkRequestType.IN, 8, 4096, true);
            driver.offer(15);
            driver.submit();
            assertThat(driver.awaitUsed()).isEqualTo(15);
            assertThat(driver.data(5).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 5);
            assertThat(next.stop().join()).isEqualTo(6);
            next.memory(GuestMemory.EMPTY).join();
        }
        loop.execute(faulty[0]::release);
    }

    private void await(BooleanSupplier condition) {
        boolean met = false;
        while (!met) {
            CompletableFuture<Boolean> answer = new CompletableFuture<>();
            loop.execute(() -> answer.complete(condition.getAsBoolean()));
            met = answer.join();
        }
    }

    @Test
    void everyStopIsAnswered() {
        var first = loop.stop();
        var second = loop.stop();
        assertThat(second.orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo(first.join());
    }

    @Test
    void aFilterThatCannotBeAttachedIsAnAnswerAndTheOldWayStays() {
        var answer = loop.filters(List.of((fresh, below) -> {
            throw new OutOfMemoryError("no room for a filter");
        }));
        assertThatThrownBy(() -> answer.orTimeout(10, TimeUnit.SECONDS).join())
                .hasRootCauseInstanceOf(OutOfMemoryError.class);
        assertThat(run(BlkRequestType.FLUSH, 0, 0, false)).isEqualTo(BlkStatus.OK);
    }

    @Test
    void aLoopThatHasEndedAnswersThatItHas() {
        QueueLoop brief = new QueueLoop("test-q1", image, new byte[0]);
        brief.close();
        for (var answer : List.of(brief.stop(), brief.memory(GuestMemory.EMPTY), brief.filters(List.of()))) {
            assertThatThrownBy(() -> answer.orTimeout(10, TimeUnit.SECONDS).join())
                    .hasRootCauseInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("test-q1 has ended");
        }
        assertThatThrownBy(() -> brief.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void aTaskThatTheLoopAcceptedRunsThoughTheLoopEnds() throws Exception {
        QueueLoop brief = new QueueLoop("test-q1", image, new byte[0]);
        CountDownLatch begun = new CountDownLatch(1);
        AtomicInteger runs = new AtomicInteger();
        brief.execute(() -> awaitQuietly(begun));
        Thread closer = Thread.ofPlatform().start(brief::close);
        while (closer.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        // More than the loop takes in its last turn.
        for (int i = 0; i < 200; i++) {
            brief.execute(runs::incrementAndGet);
        }
        begun.countDown();
        closer.join();
        assertThat(runs).hasValue(200);
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void tasksThatRaceWithTheEndRunOrAreRejected() {
        for (int round = 0; round < 50; round++) {
            QueueLoop brief = new QueueLoop("test-q1", image, new byte[0]);
            AtomicInteger runs = new AtomicInteger();
            CompletableFuture<Integer> accepted = CompletableFuture.supplyAsync(() -> {
                int count = 0;
                try {
                    while (true) {
                        brief.execute(runs::incrementAndGet);
                        count++;
                    }
                } catch (RejectedExecutionException e) {
                    return count;
                }
            });
            brief.close();
            assertThat(runs).hasValue(accepted.join());
        }
    }

    @Test
    void anIoUringThatFailsEndsTheLoopAndEverybodyIsTold() throws Exception {
        Set<Integer> others = OpenUrings.descriptors();
        QueueLoop doomed = new QueueLoop("test-q2", image, new byte[0]);
        Set<Integer> own = OpenUrings.descriptors();
        own.removeAll(others);
        try (Driver guest = new Driver(128, true, 2)) {
            Holding holding = new Holding();
            doomed.memory(guest.table).join();
            doomed.filters(List.of(holding)).join();
            doomed.start(guest.vring(0)).join();
            doomed.enable(true).join();
            guest.request(0, BlkRequestType.IN, 0, 512, true);
            guest.offer(0);
            guest.submit();
            CompletableFuture<Void> taken = new CompletableFuture<>();
            doomed.execute(new Runnable() {
                @Override
                public void run() {
                    if (holding.held.isEmpty()) {
                        doomed.execute(this);
                    } else {
                        taken.complete(null);
                    }
                }
            });
            taken.get(10, TimeUnit.SECONDS);
            CompletableFuture<Void> memory = doomed.memory(guest.table);
            CompletableFuture<Integer> stop = doomed.stop();
            CompletableFuture<Integer> stopToo = doomed.stop();
            OpenUrings.breakUring(own.iterator().next());
            // Lets the held request go, into the broken io_uring.
            holding.letGo();
            for (var answer : List.of(memory, stop, stopToo)) {
                assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS)).hasMessageContaining("test-q2 has ended");
            }
            assertThatThrownBy(() -> doomed.start(guest.vring(0)).get(10, TimeUnit.SECONDS))
                    .hasMessageContaining("test-q2 has ended");
            assertThat(doomed.isServing()).isFalse();
            assertThat(doomed.brokenBecause()).contains("io_uring_enter");
            assertThatThrownBy(() -> doomed.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
            doomed.close();
        }
    }
}
