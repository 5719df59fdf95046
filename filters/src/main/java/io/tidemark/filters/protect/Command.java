// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.filters.FilterException;
import io.tidemark.filters.capture.Loss;
import java.util.concurrent.CompletableFuture;

/** What the protection thread is told. */
sealed interface Command {
    /** Answered when changes are being captured, or the first attempt has failed. */
    record Enable(CompletableFuture<Void> done) implements Command {}

    /** Answered when nothing is captured any more. */
    record Disable(CompletableFuture<Void> done) implements Command {}

    /** Answered when nothing is recorded, and nothing will be until {@link Enable}. */
    record Pause(CompletableFuture<Void> done) implements Command {}

    /** Answered when nothing is captured any more, but changes are noted. */
    record StandBy(CompletableFuture<Void> done) implements Command {}

    /** From the capture thread of the recording of this number. */
    record Lost(long recording, Loss loss) implements Command {}

    /** From the capture thread of the recording of this number. */
    record Failed(long recording, FilterException cause) implements Command {}

    /** The intent map of the recording of this number is not kept any more. */
    record IntentLost(long recording, FilterException cause, boolean declared) implements Command {}

    record Close() implements Command {}
}
