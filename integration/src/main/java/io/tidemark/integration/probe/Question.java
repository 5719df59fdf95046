// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.probe;

import io.tidemark.integration.conformance.trial.Config;
import io.tidemark.vhost.blk.BlkConfig;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.ConfigAccess;
import io.tidemark.vhost.protocol.InflightDescription;
import io.tidemark.vhost.protocol.RegionDescription;
import io.tidemark.vhost.protocol.RegionTable;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.protocol.VringFd;
import io.tidemark.vhost.protocol.VringState;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Function;

/**
 * A message that block devices are sent (vhost-user.rst, "Front-end message types"), in a form that makes sense.
 *
 * @param payload made with a piece of memory that the frontend could share
 * @param withFile whether that memory goes with it
 */
record Question(int number, String name, Function<GuestRam, MemorySegment> payload, boolean withFile) {
    private static final MemorySegment EMPTY = MemorySegment.ofArray(new byte[0]);

    static final List<Question> ALL = List.of(
            plain(1, "GET_FEATURES", EMPTY),
            plain(3, "SET_OWNER", EMPTY),
            plain(4, "RESET_OWNER", EMPTY),
            new Question(5, "SET_MEM_TABLE", Question::table, true),
            new Question(6, "SET_LOG_BASE", ram -> log(ram.size()), true),
            new Question(7, "SET_LOG_FD", ram -> EMPTY, true),
            plain(8, "SET_VRING_NUM", VringState.of(0, 128)),
            plain(10, "SET_VRING_BASE", VringState.of(0, 0)),
            plain(11, "GET_VRING_BASE", VringState.of(0, 0)),
            plain(13, "SET_VRING_CALL", U64.of(VringFd.NO_FD)),
            plain(14, "SET_VRING_ERR", U64.of(VringFd.NO_FD)),
            plain(15, "GET_PROTOCOL_FEATURES", EMPTY),
            plain(17, "GET_QUEUE_NUM", EMPTY),
            plain(18, "SET_VRING_ENABLE", VringState.of(0, 0)),
            plain(24, "GET_CONFIG", ConfigAccess.of(0, 0, new byte[Config.BYTES])),
            plain(25, "SET_CONFIG (writeback)", ConfigAccess.of(BlkConfig.WRITEBACK, 0, new byte[] {1})),
            plain(28, "POSTCOPY_ADVISE", EMPTY),
            plain(31, "GET_INFLIGHT_FD", InflightDescription.of(0, 0, 1, 128)),
            plain(34, "RESET_DEVICE", EMPTY),
            plain(36, "GET_MAX_MEM_SLOTS", EMPTY),
            new Question(37, "ADD_MEM_REG", GuestRam::description, true),
            plain(39, "SET_STATUS", U64.of(1)),
            plain(40, "GET_STATUS", EMPTY),
            plain(41, "GET_SHARED_OBJECT", MemorySegment.ofArray(new byte[16])),
            plain(43, "CHECK_DEVICE_STATE", EMPTY));

    private static Question plain(int number, String name, MemorySegment payload) {
        return new Question(number, name, ram -> payload, false);
    }

    private static MemorySegment table(GuestRam ram) {
        MemorySegment table = RegionTable.of(1);
        RegionDescription.put(table, RegionTable.region(0), ram.guestAddress(), ram.size(), ram.userAddress(), 0);
        return table;
    }

    private static MemorySegment log(long bytes) {
        MemorySegment payload = MemorySegment.ofArray(new byte[16]);
        payload.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, bytes);
        return payload;
    }
}
