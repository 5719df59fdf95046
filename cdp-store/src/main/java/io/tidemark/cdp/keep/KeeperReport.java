// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import java.util.Optional;

/**
 * What came of a round of keeping.
 *
 * @param segments log segments that went
 * @param states kept states that went
 * @param bytes what the history takes now
 * @param putOff why something stayed that was to go, in words
 */
public record KeeperReport(int segments, int states, long bytes, Optional<String> putOff) {}
