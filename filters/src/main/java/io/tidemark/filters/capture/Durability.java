// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.capture;

/** When a guest's flush completes. */
public enum Durability {
    /** When the image has it. */
    ASYNC,
    /** When the image has it, and the store all that completed before it, as long as every change is being recorded. */
    FLUSH
}
