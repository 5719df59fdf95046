// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

/**
 * How a disk is throttled.
 *
 * @param limits empty, when it is not
 * @param waiting requests that are held back now
 * @param delayed requests that have been held back since the agent's start
 */
public record ThrottleStatus(ThrottleLimits limits, long waiting, long delayed) {
    static final ThrottleStatus NONE = new ThrottleStatus(new ThrottleLimits(), 0, 0);
}
