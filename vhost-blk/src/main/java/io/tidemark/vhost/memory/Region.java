// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.memory;

import java.lang.foreign.MemorySegment;

/**
 * A region of guest memory, mapped.
 *
 * @param guestAddress where the guest sees it
 * @param size in bytes; a region doesn't wrap round the end of the address space
 * @param userAddress where the frontend has it in its own address space
 * @param memory exactly the region, {@code size} bytes
 */
public record Region(long guestAddress, long size, long userAddress, MemorySegment memory) {}
