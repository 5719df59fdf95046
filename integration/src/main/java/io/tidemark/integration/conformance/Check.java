// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

import io.tidemark.integration.conformance.trial.Trial;

/** Finds out whether a backend keeps to a rule. */
@FunctionalInterface
public interface Check {
    /**
     * Returns where the backend does. Runs on a thread of its own.
     *
     * @throws io.tidemark.integration.conformance.trial.NotApplicableException when the rule says nothing about this backend
     * @throws Exception when the backend breaks the rule; the message says how
     */
    void run(Trial trial) throws Exception;
}
