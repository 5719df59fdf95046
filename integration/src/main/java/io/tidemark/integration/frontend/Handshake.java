// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.frontend;

import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.ProtocolFeature;
import io.tidemark.vhost.protocol.RegionDescription;
import io.tidemark.vhost.protocol.RegionTable;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** What a frontend says from its first message until the rings run, the same to the first backend and to each that follows. */
public final class Handshake {
    private static final long PROTOCOL = ProtocolFeature.MQ
            | ProtocolFeature.REPLY_ACK
            | ProtocolFeature.CONFIG
            | ProtocolFeature.INFLIGHT_SHMFD
            | ProtocolFeature.CONFIGURE_MEM_SLOTS;

    /** Hears of each ring just before it is started. */
    public interface Observer {
        Observer NONE = (ring, base) -> {};

        /** @param base the avail index from which the backend serves the ring, apart from what was in flight */
        void starting(int ring, int base);
    }

    private Handshake() {}

    /**
     * Makes the backend serve the machine.
     *
     * @param slots whether memory is shared region by region, rather than by tables
     */
    public static void serve(Frontend frontend, Machine machine, boolean slots, Observer observer) {
        frontend.negotiate(
                ~BlkFeatures.RING_PACKED, slots ? PROTOCOL : PROTOCOL & ~ProtocolFeature.CONFIGURE_MEM_SLOTS);
        List<DriverRing> rings = machine.rings();
        machine.inflight().share(frontend, rings.size(), rings.getFirst().size());
        if (slots) {
            machine.regions().forEach(region -> add(frontend, region));
        } else {
            setTable(frontend, machine.regions());
        }
        for (int i = 0; i < rings.size(); i++) {
            int base = rings.get(i).deviceIndex();
            observer.starting(i, base);
            frontend.startRing(i, rings.get(i), base);
        }
    }

    static void add(Frontend frontend, GuestRam region) {
        frontend.require(FrontendRequest.ADD_MEM_REG, region.description(), region.fd());
    }

    /** @param fd goes with it where a frontend has it so */
    static void remove(Frontend frontend, GuestRam region, int... fd) {
        frontend.require(FrontendRequest.REM_MEM_REG, region.description(), fd);
    }

    static void setTable(Frontend frontend, List<GuestRam> regions) {
        MemorySegment table = RegionTable.of(regions.size());
        int[] fds = new int[regions.size()];
        for (int i = 0; i < fds.length; i++) {
            GuestRam region = regions.get(i);
            RegionDescription.put(
                    table, RegionTable.region(i), region.guestAddress(), region.size(), region.userAddress(), 0);
            fds[i] = region.fd();
        }
        frontend.require(FrontendRequest.SET_MEM_TABLE, table, fds);
    }
}
