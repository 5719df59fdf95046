// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.uring;

/** One io_uring. */
public final class IoUring {}
