// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance.rule;

import static io.tidemark.integration.conformance.Rule.must;
import static io.tidemark.integration.conformance.Rule.should;

import io.tidemark.integration.conformance.Rule;
import io.tidemark.integration.conformance.trial.Config;
import io.tidemark.integration.conformance.trial.Expect;
import io.tidemark.integration.conformance.trial.Trial;
import io.tidemark.vhost.blk.BlkConfig;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.protocol.ConfigAccess;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.Message;
import java.util.Arrays;
import java.util.List;

/** The configuration space, and how it is read and written. */
final class ConfigRules {
    private static final String GET = "vhost-user.rst, VHOST_USER_GET_CONFIG";
    private static final String SET = "vhost-user.rst, VHOST_USER_SET_CONFIG";

    static final List<Rule> ALL = List.of(
            must("config/whole", GET, "the answer has the offset and the size that were asked for", ConfigRules::whole),
            must(
                    "config/parts",
                    GET,
                    "a part that begins at an offset is the same as in the whole",
                    ConfigRules::parts),
            should(
                    "config/outside",
                    GET,
                    "what lies outside is answered by an empty payload, and the connection goes on",
                    ConfigRules::outside),
            must("config/write-cache", "virtio 1.3, 5.2.5.2", "writeback can be set to 0 and to 1", ConfigRules::wce),
            must(
                    "config/read-only-fields",
                    SET + "; virtio 1.3, 5.2.4",
                    "a write to the capacity changes nothing",
                    ConfigRules::readOnlyFields),
            should(
                    "config/write-outside",
                    SET,
                    "a write outside of the configuration space is refused",
                    ConfigRules::writeOutside));

    private ConfigRules() {}

    private static void whole(Trial trial) {
        try (Message answer =
                trial.negotiated().ask(FrontendRequest.GET_CONFIG, ConfigAccess.of(0, 0, new byte[Config.BYTES]))) {
            Expect.that(answer.payload().byteSize() >= ConfigAccess.MIN_SIZE, "the answer is an error");
            Expect.same(ConfigAccess.offset(answer.payload()), 0, "the offset");
            Expect.same(ConfigAccess.bytes(answer.payload()), Config.BYTES, "the size");
            Expect.same(answer.payload().byteSize(), ConfigAccess.MIN_SIZE + Config.BYTES, "the payload's size");
        }
    }

    private static void parts(Trial trial) {
        Frontend frontend = trial.negotiated();
        byte[] all = Config.of(frontend).bytes();
        for (int[] part : new int[][] {
            {BlkConfig.CAPACITY, 8}, {BlkConfig.SEG_MAX, 4}, {BlkConfig.BLK_SIZE, 4}, {BlkConfig.WRITEBACK, 4}, {1, 20}
        }) {
            byte[] wanted = Arrays.copyOfRange(all, part[0], part[0] + part[1]);
            Expect.same(
                    frontend.config(part[0], part[1]),
                    wanted,
                    "the part of %d bytes at offset %d".formatted(part[1], part[0]));
        }
    }

    private static void outside(Trial trial) {
        Frontend frontend = trial.negotiated();
        for (int[] range : new int[][] {{ConfigAccess.MAX_BYTES - 4, 8}, {1 << 30, 4}, {-4, 8}}) {
            try (Message answer =
                    frontend.ask(FrontendRequest.GET_CONFIG, ConfigAccess.of(range[0], 0, new byte[range[1]]))) {
                Expect.same(answer.payload().byteSize(), 0, "the payload of an answer to offset " + range[0]);
            }
        }
        Config.of(frontend);
    }

    private static void wce(Trial trial) {
        Frontend frontend = trial.negotiated();
        Expect.offered(BlkFeatures.has(frontend.features(), BlkFeatures.CONFIG_WCE), "CONFIG_WCE");
        int before = Config.of(frontend).u8(BlkConfig.WRITEBACK);
        for (int mode : new int[] {1 - before, before}) {
            Expect.that(
                    frontend.did(
                            FrontendRequest.SET_CONFIG,
                            ConfigAccess.of(BlkConfig.WRITEBACK, 0, new byte[] {(byte) mode})),
                    "SET_CONFIG of writeback to %d was refused",
                    mode);
            Expect.same(Config.of(frontend).u8(BlkConfig.WRITEBACK), mode, "writeback");
        }
    }

    private static void readOnlyFields(Trial trial) {
        Frontend frontend = trial.negotiated();
        long capacity = Config.of(frontend).capacity();
        Wire.refuses(frontend, FrontendRequest.SET_CONFIG, ConfigAccess.of(BlkConfig.CAPACITY, 0, new byte[8]));
        trial.leave();
        Expect.same(Config.of(trial.negotiated()).capacity(), capacity, "the capacity");
    }

    private static void writeOutside(Trial trial) {
        for (int offset : new int[] {ConfigAccess.MAX_BYTES - 2, 1 << 30, -4}) {
            Expect.that(
                    Wire.refuses(trial.negotiated(), FrontendRequest.SET_CONFIG, ConfigAccess.of(offset, 0, new byte[] {
                        1, 1, 1, 1
                    })),
                    "SET_CONFIG at offset %d was answered by 0",
                    offset);
            trial.leave();
        }
    }
}
