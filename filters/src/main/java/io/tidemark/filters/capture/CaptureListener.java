// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

import io.tidemark.filters.FilterException;

/** Told by the capture thread what the protection has to deal with. Returns at once. */
public interface CaptureListener {
    /** Changes are not captured any more; the gap is open. */
    void lost(Loss loss);

    /** A guest's flush has waited too long for the log; none waits until it has caught up. */
    default void slow() {}

    /** The log has thrown. Nothing is handed to it any more. */
    void failed(FilterException cause);
}
