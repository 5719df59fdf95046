// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;

/** What a loop wants to have changed in an image's tables. */
sealed interface Change {
    /** Not done: the tables have changed meanwhile. The request is to look again. */
    int AGAIN = 1;

    /** Told on the loop how it went. */
    @FunctionalInterface
    interface Reply {
        /** @param status 0, {@link #AGAIN}, or a negative errno */
        void told(int status);
    }

    Tables tables();

    Loop loop();

    Reply reply();

    /**
     * Clusters of the disk that read as zeros, one behind the other, lie in the image from now on: they have been written to.
     *
     * @param offset where on the disk
     * @param place where in the image
     * @param count how many
     */
    record Enter(Tables tables, long offset, long place, int count, Loop loop, Reply reply) implements Change {}

    /**
     * What was written to clusters that were to be entered has failed, in part perhaps: no other request's entry may show it.
     *
     * @param place where in the image
     * @param count how many, one behind the other
     */
    record Spoil(Tables tables, long place, int count, Loop loop, Reply reply) implements Change {}

    /**
     * Clusters of the disk read as zeros from now on, and lie nowhere.
     *
     * @param offset where on the disk the first one begins
     * @param count how many
     */
    record Clear(Tables tables, long offset, long count, Loop loop, Reply reply) implements Change {}

    /**
     * A cluster is to be replaced by a copy of it, with a change.
     *
     * @param part a write, or zeros, within the cluster
     */
    record Copy(Tables tables, Request part, Loop loop, Reply reply) implements Change {}
}
