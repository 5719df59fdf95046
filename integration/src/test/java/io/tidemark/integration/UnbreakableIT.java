// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.integration.backend.TidemarkAgent;
import io.tidemark.integration.frontend.Handshake;
import io.tidemark.integration.frontend.Machine;
import io.tidemark.integration.frontend.MovingMemory;
import io.tidemark.integration.frontend.Visitor;
import io.tidemark.integration.load.RingLoad;
import io.tidemark.integration.process.Await;
import io.tidemark.integration.process.LabException;
import io.tidemark.integration.process.ProcessHoldings;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.OpenFds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frontends that behave badly, or well but wildly: the disk goes on, and nothing is left behind. */
class UnbreakableIT extends LabTest {
    private static final int QUEUES = 2;
    private static final int DEPTH = 16;
    private static final long DISK = 16 << 20;
    private static final int MOVES = 200;
    private static final int VISITS = 1000;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final long seed = Long.getLong("tidemark.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void memoryThatComesAndGoesUnderLoad(boolean slots) {
        System.out.println("-Dtidemark.seed=" + seed);
        Path image = newImage(DISK);
        try (TidemarkAgent agent = serve(image);
                Machine machine = new Machine(QUEUES, RingLoad.bufferBytes(QUEUES, DEPTH));
                RingLoad load = new RingLoad(machine, DISK, DEPTH, false, seed);
                Frontend frontend = Frontend.connect(agent.socket())) {
            int ours = OpenFds.count();
            Handshake.serve(frontend, machine, slots, load);
            MovingMemory memory = new MovingMemory(frontend, machine, random);
            load.start();
            load.awaitMore(500);
            move(memory, slots);
            ProcessHoldings before = ProcessHoldings.of(agent.pid());
            for (int i = 0; i < MOVES; i++) {
                move(memory, slots);
                load.check();
            }
            load.awaitMore(500);
            load.finish();
            assertThat(ProcessHoldings.of(agent.pid()).moreThan(before)).isEmpty();
            // The record of requests in flight has come since.
            assertThat(OpenFds.count()).as("open files of the frontend").isLessThanOrEqualTo(ours + 1);
            load.checkDisk(image);
            System.out.println(MOVES + " moves, " + load.completed() + " requests");
        }
    }

    private static void move(MovingMemory memory, boolean slots) {
        if (slots) {
            memory.moveBySlots();
        } else {
            memory.moveByTables();
        }
    }

    @Test
    void aThousandConnectsInARow() {
        System.out.println("-Dtidemark.seed=" + seed);
        Path image = newImage(2 * DISK);
        try (TidemarkAgent agent = serve(image)) {
            Visitor visitor = new Visitor(agent.socket(), DISK, 2 * DISK, random);
            for (int i = 0; i < 50; i++) {
                visitor.visit();
            }
            ProcessHoldings before = whenAlone(agent);
            int ours = OpenFds.count();
            for (int i = 0; i < VISITS; i++) {
                visitor.visit();
            }
            awaitNoMoreThan(before, agent);
            assertThat(OpenFds.count()).as("open files of the frontends").isLessThanOrEqualTo(ours);
            serves(agent, image);
            assertThat(agent.terminate()).isZero();
        }
    }

    /** But for the few threads and files that a JVM makes when it first needs them: visits that leak leave hundreds. */
    private static void awaitNoMoreThan(ProcessHoldings before, TidemarkAgent agent) {
        List<String> more = new ArrayList<>();
        try {
            Await.until("no more files, threads and mappings than before", PATIENCE, () -> {
                more.clear();
                more.addAll(whenAlone(agent).moreThan(before));
                return more.size() < VISITS / 100;
            });
        } catch (LabException e) {
            throw new LabException(e.getMessage() + ": " + more, e);
        }
    }

    private static ProcessHoldings whenAlone(TidemarkAgent agent) {
        Await.until("no frontend", PATIENCE, () -> !agent.status().connected());
        return ProcessHoldings.of(agent.pid());
    }

    private void serves(TidemarkAgent agent, Path image) {
        try (Machine machine = new Machine(QUEUES, RingLoad.bufferBytes(QUEUES, DEPTH));
                RingLoad load = new RingLoad(machine, DISK, DEPTH, false, seed);
                Frontend frontend = Frontend.connect(agent.socket())) {
            Handshake.serve(frontend, machine, true, load);
            load.start();
            load.awaitMore(2000);
            load.finish();
            load.checkDisk(image);
        }
    }
}
