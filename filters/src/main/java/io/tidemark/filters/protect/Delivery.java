// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

/** How what was recorded gets on its way to the store. From any thread; never waits for the store. */
public interface Delivery {
    /** Of a history that has everything at once. */
    Delivery AT_ONCE = new Delivery() {
        @Override
        public boolean isFlowing() {
            return true;
        }

        @Override
        public boolean isCaughtUp() {
            return true;
        }

        @Override
        public boolean isInTrouble() {
            return false;
        }

        @Override
        public void giveUp() {}
    };

    /** Whether the store keeps up: a good time to read the disk, and to capture again after a loss. */
    boolean isFlowing();

    /** Whether the store has all that the history held when it was opened: its prior content can be read. */
    boolean isCaughtUp();

    /** Whether the store fails or doesn't answer. */
    boolean isInTrouble();

    /** Whoever waits for room is told an error instead: the history must end, though its store doesn't answer. */
    void giveUp();
}
