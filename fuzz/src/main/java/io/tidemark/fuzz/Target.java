// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

/**
 * Something that hostile input reaches. One is made for a whole run, and takes one input after the other; nothing that an
 * input did may show in the next.
 */
public interface Target extends AutoCloseable {
    /** @throws Exception or any other throwable: a finding */
    void run(Input input) throws Exception;

    /** Whether nothing of what the inputs made is left over: descriptors, mappings. Costs more than an input. */
    default void checkLeaks() {}

    @Override
    void close();
}
