// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.cdp.Store;
import io.tidemark.cdp.StoredBytes;
import io.tidemark.integration.backend.ServedDisk;
import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.blkio.BlkioDisk;
import io.tidemark.integration.cli.TidemarkCli;
import io.tidemark.integration.guest.Guest;
import io.tidemark.integration.process.Checkout;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * How much of what is written is stored: while every write is kept, and when the history was folded. Segments are small, so that a short
 * history has complete ones, which alone are packed. {@code -Dtidemark.transactions=20000} is minutes of a database.
 */
class FoldedSizeIT extends LabTest {
    private static final int TRANSACTIONS = Integer.getInteger("tidemark.transactions", 300);
    private static final int ROWS = Integer.getInteger("tidemark.rows", 20_000);
    private static final int PAGE = 4096;
    private static final String RULES = "1s:write/10m:10s/6h:1m";
    private static final Duration LONG = Duration.ofMinutes(30);

    private TidemarkAgent start(Path image, long logSegment) {
        return TidemarkAgent.startWithLogSegments(log(), logSegment, ServedDisk.captured(image, socket(), 2, store()));
    }

    /** The tables and the transaction of pgbench, by SQLite: half with a journal to roll back, half with one to write ahead. */
    @Test
    @Timeout(value = 2, unit = TimeUnit.HOURS)
    void aDatabaseIsStoredSmall() throws IOException {
        Path image = newImage(256 << 20);
        try (TidemarkAgent agent = start(image, 64 << 10)) {
            agent.awaitCaughtUp();
            try (Guest guest = Guest.boot(folder, agent.socket())) {
                guest.run("mkfs.ext4 -q /dev/vda && mkdir -p /mnt && mount /dev/vda /mnt")
                        .orThrow();
                sql(
                        guest,
                        "create table branches (bid integer primary key, bbalance int, filler text);"
                                + " create table tellers (tid integer primary key, bid int, tbalance int, filler text);"
                                + " create table accounts (aid integer primary key, bid int, abalance int, filler text);"
                                + " create table history (tid int, bid int, aid int, delta int, mtime text, filler text);"
                                + " insert into branches values (1, 0, '');"
                                + " insert into tellers select value, 1, 0, '' from generate_series(1, 10);"
                                + " insert into accounts select value, 1, 0, printf('%-84s', hex(randomblob(12)))"
                                + " from generate_series(1, " + ROWS + ");");
                transactions(guest, "delete", TRANSACTIONS / 2);
                transactions(guest, "wal", TRANSACTIONS - TRANSACTIONS / 2);
                assertThat(guest.run("sqlite3 /mnt/bank.db 'select count(*) from history; pragma integrity_check'")
                                .orThrow()
                                .lines())
                        .containsExactly(Integer.toString(TRANSACTIONS), "ok");
                guest.powerOff();
            }
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        assertThat(folded("a database", image)).isLessThanOrEqualTo(0.4);
    }

    private static void transactions(Guest guest, String journal, int count) {
        guest.run(
                        "awk 'BEGIN { print \"pragma journal_mode=" + journal + ";\"; srand(" + count + ");"
                                + " for (i = 0; i < " + count + "; i++) {"
                                + " a = 1 + int(rand() * " + ROWS + "); t = 1 + int(rand() * 10);"
                                + " d = int(rand() * 10000) - 5000;"
                                + " print \"begin; update accounts set abalance = abalance + \" d \" where aid = \" a \";"
                                + " select abalance from accounts where aid = \" a \";"
                                + " update tellers set tbalance = tbalance + \" d \" where tid = \" t \";"
                                + " update branches set bbalance = bbalance + \" d \" where bid = 1;"
                                + " insert into history values (\" t \", 1, \" a \", \" d \", datetime(), null); commit;\""
                                + " } }' | sqlite3 /mnt/bank.db >/dev/null",
                        LONG)
                .orThrow();
    }

    private static void sql(Guest guest, String statements) {
        guest.run("sqlite3 /mnt/bank.db \"" + statements + "\"", LONG).orThrow();
    }

    /** The text of this checkout: prose and source. */
    @Test
    void textIsStoredSmall() throws IOException {
        Path image = newImage(64 << 20);
        try (TidemarkAgent agent = start(image, 16 << 10)) {
            agent.awaitCaughtUp();
            try (BlkioDisk disk = BlkioDisk.open(agent.socket(), 1)) {
                MemorySegment memory = disk.allocate(PAGE);
                byte[] text = text();
                // Often enough for segments that are complete; a block never sees the same text twice.
                int pages = text.length / PAGE;
                for (int page = 0; page < 4 * pages; page++) {
                    long at = (long) page * PAGE;
                    MemorySegment.copy(text, page % pages * PAGE, memory, ValueLayout.JAVA_BYTE, 0, PAGE);
                    disk.queue(0).write(at, memory.address(), PAGE, 1);
                    assertThat(disk.queue(0).submitAndReap(1, TimeUnit.SECONDS.toNanos(30)))
                            .isEqualTo(1);
                    assertThat(disk.queue(0).result(0)).isZero();
                }
            }
            agent.awaitCaughtUp();
            assertThat(agent.terminate()).isZero();
        }
        assertThat(folded("text", image)).isLessThanOrEqualTo(0.35);
    }

    private static byte[] text() throws IOException {
        var text = new ByteArrayOutputStream();
        try (var files = Files.walk(Checkout.home())) {
            for (Path file : files.filter(each -> each.toString().matches(".*/(docs/[^/]*\\.md|src/.*\\.java)"))
                    .sorted()
                    .toList()) {
                text.write(Files.readAllBytes(file));
            }
        }
        return text.toByteArray();
    }

    /** Folds the history, and says how much of what was written is stored then; the disk is still what it was. */
    private double folded(String what, Path image) throws IOException {
        StoredBytes before = stored();
        TidemarkCli.json("retain", "vda", "--store", store().toString(), "--rules", RULES);
        StoredBytes after = stored();
        long written;
        int states;
        try (var reader = Store.open(store()).read("vda")) {
            written = reader.summary().guestBytes();
            states = reader.kept().size();
        }
        System.out.printf(
                "%s: %d bytes written; stored %.3f of that with every write (%s), %.3f folded to %d states (%s)%n",
                what,
                written,
                (double) before.total() / written,
                before,
                (double) after.total() / written,
                states,
                after);
        Path restored = newPath();
        TidemarkCli.restore(store(), "latest", restored);
        assertThat(Files.mismatch(restored, image)).isEqualTo(-1);
        return (double) after.total() / written;
    }

    private StoredBytes stored() throws IOException {
        return StoredBytes.of(Store.open(store()).history("vda"));
    }
}
