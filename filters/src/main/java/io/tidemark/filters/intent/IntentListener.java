// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import io.tidemark.filters.FilterException;

/** Told when a map can't be kept any more. Returns at once. */
@FunctionalInterface
public interface IntentListener {
    /**
     * Nobody waits for the map from now on.
     *
     * @param declared whether its file says, or has been told to say, that it isn't to be believed; if not, the history must
     *     begin another session
     */
    void failed(FilterException cause, boolean declared);
}
