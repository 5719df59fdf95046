// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreName;
import picocli.CommandLine.Option;

/** Which store a command is about. */
final class StoreOption {
    @Option(
            names = "--store",
            required = true,
            paramLabel = "STORE",
            description = "The store: a directory, or rbd:POOL[/NAMESPACE].")
    private String store;

    StoreName name() {
        return parse(store);
    }

    static StoreName parse(String name) {
        try {
            return StoreName.parse(name);
        } catch (StoreException e) {
            throw AgentException.of(e);
        }
    }
}
