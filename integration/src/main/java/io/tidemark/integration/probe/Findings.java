// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.probe;

import io.tidemark.integration.conformance.trial.Config;
import java.util.List;
import java.util.SequencedMap;

/**
 * What a backend offers.
 *
 * @param limits names and values of what is not in the configuration space
 * @param answers what each message of {@link Question} gets
 */
record Findings(
        String name,
        long features,
        long protocolFeatures,
        Config config,
        SequencedMap<String, String> limits,
        List<String> answers) {}
