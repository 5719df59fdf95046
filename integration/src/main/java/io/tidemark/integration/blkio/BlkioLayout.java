// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.blkio;

/** Offsets and sizes of the structs in blkio.h of libblkio 1.5, for 64-bit machines. */
final class BlkioLayout {
    /** struct blkio_mem_region: addr, len, iova, fd_offset, fd, flags. */
    static final long REGION_SIZE = 40;

    static final long REGION_ADDR = 0;

    /** struct blkio_completion: user_data, error_msg, ret, reserved. */
    static final long COMPLETION_SIZE = 32;

    static final long COMPLETION_USER_DATA = 0;
    static final long COMPLETION_RET = 16;

    private BlkioLayout() {}
}
