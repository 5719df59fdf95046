// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

/**
 * The open file or device behind a raw image.
 *
 * @param cached the descriptor that goes through the page cache; it holds the lock where there is no other
 * @param direct the O_DIRECT descriptor, which holds the lock; or -1 where the file system has none
 * @param alignment what {@code direct} asks for
 * @param blockDevice whether it is a device
 * @param inMemory whether {@code direct} is read and written by copying, at once
 * @param padded whether what is missing of the last sector reads as zeros
 */
record RawFile(int cached, int direct, Direct alignment, boolean blockDevice, boolean inMemory, boolean padded) {}
