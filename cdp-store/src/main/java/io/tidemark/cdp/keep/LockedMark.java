// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;

/**
 * A mark that survives every rule.
 *
 * @param number the write that it follows; of several marks of one name, which one
 */
public record LockedMark(String name, long number) {
    public LockedMark {
        if (name.isEmpty() || name.chars().anyMatch(Character::isISOControl)) {
            throw new StoreException(
                    Code.BAD_NAME,
                    "mark \"" + name + "\": a mark with control characters in its name can't be locked: set another");
        }
    }
}
