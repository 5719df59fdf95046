// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import io.tidemark.integration.conformance.Rule;
import java.util.List;
import java.util.stream.Stream;

/** All rules, in the order in which they are run: what harms most comes last. */
public final class Rules {
    public static final List<Rule> ALL = Stream.of(
                    NegotiationRules.ALL,
                    AcknowledgementRules.ALL,
                    ConfigRules.ALL,
                    LimitRules.ALL,
                    RequestRules.ALL,
                    RangeRules.ALL,
                    ZeroingRules.ALL,
                    RingLayoutRules.ALL,
                    RingIndexRules.ALL,
                    RingStateRules.ALL,
                    NotificationRules.ALL,
                    PackedRules.ALL,
                    MemoryRules.ALL,
                    MemorySlotRules.ALL,
                    ResetRules.ALL,
                    InflightRules.ALL,
                    PackedInflightRules.ALL,
                    LogRules.ALL,
                    BackendChannelRules.ALL,
                    ConnectionRules.ALL,
                    HostileDriverRules.ALL,
                    HostilePackedRules.ALL,
                    HostileFrontendRules.ALL)
            .flatMap(List::stream)
            .toList();

    private Rules() {}
}
