// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

import io.tidemark.integration.conformance.Outcome.Aftermath;
import io.tidemark.integration.conformance.trial.Health;
import io.tidemark.integration.conformance.trial.NotApplicableException;
import io.tidemark.integration.conformance.trial.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** Runs rules against a backend, one after the other; whatever a backend does, it comes to an end. */
public final class Suite {
    private static final long LIMIT_MS = 20_000;
    private static final long LET_GO_MS = 5_000;

    private final Target target;
    private final Consumer<Outcome> listener;

    /** @param listener is told each outcome at once */
    public Suite(Target target, Consumer<Outcome> listener) {
        this.target = target;
        this.listener = listener;
    }

    /** @return the outcomes, in order; fewer than rules when the backend was lost and can't be started again */
    public List<Outcome> run(List<Rule> rules) {
        List<Outcome> outcomes = new ArrayList<>();
        for (Rule rule : rules) {
            Outcome outcome = run(rule);
            outcomes.add(outcome);
            listener.accept(outcome);
            if (outcome.after() != Aftermath.WELL && !target.restart()) {
                break;
            }
        }
        return outcomes;
    }

    private Outcome run(Rule rule) {
        long before = System.nanoTime();
        Verdict verdict = judge(rule);
        long millis = (System.nanoTime() - before) / 1_000_000;
        Aftermath after = verdict instanceof Verdict.Fail || !target.alive() ? look() : Aftermath.WELL;
        return new Outcome(rule, verdict, millis, after);
    }

    private Aftermath look() {
        if (!target.alive()) {
            return Aftermath.DIED;
        }
        if (Health.answers(target.socket())) {
            return Aftermath.WELL;
        }
        return target.alive() ? Aftermath.HUNG : Aftermath.DIED;
    }

    private Verdict judge(Rule rule) {
        AtomicReference<Verdict> found = new AtomicReference<>();
        Trial trial = new Trial(target.socket());
        Thread thread = Thread.ofPlatform().daemon().name(rule.id()).start(() -> found.set(check(rule, trial)));
        try {
            thread.join(LIMIT_MS);
            if (thread.isAlive()) {
                trial.interrupt();
                thread.join(LET_GO_MS);
                return new Verdict.Fail("not done after " + LIMIT_MS / 1000 + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Verdict.Fail("interrupted");
        }
        return found.get();
    }

    private static Verdict check(Rule rule, Trial trial) {
        try (trial) {
            rule.check().run(trial);
            return new Verdict.Pass();
        } catch (NotApplicableException e) {
            return new Verdict.NotApplicable(e.getMessage());
        } catch (Throwable e) {
            return new Verdict.Fail(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }
}
