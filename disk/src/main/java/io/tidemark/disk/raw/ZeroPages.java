// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.posix.NativeMemory;

/** Memory that is zero and stays so, to write zeros from where the file system can't zero a range by itself. */
final class ZeroPages {
    static final int BYTES = 1 << 20;

    /** Never unmapped, never written. Untouched pages all stand for the kernel's one zero page. */
    static final long ADDRESS = NativeMemory.anonymous(BYTES).address();

    private ZeroPages() {}
}
