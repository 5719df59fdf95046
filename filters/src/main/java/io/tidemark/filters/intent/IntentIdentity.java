// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.intent;

import java.util.UUID;

/**
 * What a map is of. One that differs in any of this says nothing.
 *
 * @param capacity the disk's size in bytes
 */
public record IntentIdentity(String disk, String image, long capacity, UUID history) {}
