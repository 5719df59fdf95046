// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.disk.Geometry;
import io.tidemark.fuzz.Finding;
import io.tidemark.fuzz.Input;
import io.tidemark.fuzz.Target;
import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.blk.BlkConfig;
import io.tidemark.vhost.blk.BlkDevice;
import io.tidemark.vhost.blk.BlkFeatures;
import io.tidemark.vhost.fixture.RecordingQueue;
import io.tidemark.vhost.protocol.ConfigAccess;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.Message;
import io.tidemark.vhost.protocol.U64;
import io.tidemark.vhost.socket.PassedFds;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/** GET_CONFIG and SET_CONFIG with any offset, size and bytes, against what the configuration must be. */
public final class ConfigFuzz implements Target {
    private static final Geometry[] DISKS = {
        new Geometry(1 << 20, 512, 4096, false, 1 << 20, 1 << 20),
        new Geometry(0, 512, 512, true, 0, 0),
        new Geometry(Long.MAX_VALUE / 4096 * 4096, 4096, 512, false, 0, 4096)
    };

    private Geometry disk;
    private boolean writeback;
    private long features;

    @Override
    public void run(Input input) {
        disk = DISKS[input.below(DISKS.length)];
        writeback = true;
        features = 0;
        RecordingQueue queue = new RecordingQueue();
        Session session = new Session("fuzz", new BlkDevice(disk, 1), List.of(queue), ConnectionObserver.NONE);
        while (!input.isEmpty()) {
            switch (input.below(3)) {
                case 0 -> negotiate(input, session);
                case 1 -> read(input, session);
                default -> write(input, session);
            }
        }
        session.end();
    }

    private void negotiate(Input input, Session session) {
        long wanted = BlkFeatures.offered(disk) & (input.bool() ? input.i64() : -1);
        Finding.unless(handle(session, FrontendRequest.SET_FEATURES, U64.of(wanted)) != null, "features were refused");
        features = wanted;
        if (BlkFeatures.has(wanted, BlkFeatures.CONFIG_WCE) && !BlkFeatures.has(wanted, BlkFeatures.FLUSH)) {
            writeback = false;
        }
    }

    private void read(Input input, Session session) {
        MemorySegment payload = access(input);
        Reply reply = handle(session, FrontendRequest.GET_CONFIG, payload);
        if (!isWhole(payload)) {
            Finding.unless(reply == null || reply.payload().byteSize() == 0, "an impossible read was answered");
            return;
        }
        Finding.unless(reply != null, "a read was refused");
        int offset = ConfigAccess.offset(payload);
        byte[] expected = Arrays.copyOfRange(space(), offset, offset + ConfigAccess.bytes(payload));
        byte[] got = reply.payload().asSlice(ConfigAccess.DATA).toArray(ValueLayout.JAVA_BYTE);
        Finding.unless(Arrays.equals(expected, got), "a read gave something else");
    }

    private void write(Input input, Session session) {
        MemorySegment payload = access(input);
        boolean done = handle(session, FrontendRequest.SET_CONFIG, payload) != null;
        if (!done) {
            return;
        }
        Finding.unless(isWhole(payload), "an impossible write was done");
        int offset = ConfigAccess.offset(payload);
        byte[] data = payload.asSlice(ConfigAccess.DATA).toArray(ValueLayout.JAVA_BYTE);
        Finding.unless(data.length == ConfigAccess.bytes(payload), "a write of another size was done");
        byte[] wanted = space();
        System.arraycopy(data, 0, wanted, offset, data.length);
        byte mode = wanted[BlkConfig.WRITEBACK];
        Finding.unless(mode == 0 || mode == 1, "a write cache of " + mode);
        Finding.unless(
                (mode == 1) == writeback || BlkFeatures.has(features, BlkFeatures.CONFIG_WCE),
                "the write cache was switched without leave");
        writeback = mode == 1;
        Finding.unless(Arrays.equals(wanted, space()), "more than the write cache was written");
    }

    private byte[] space() {
        return Arrays.copyOf(BlkConfig.of(disk, 1, writeback), ConfigAccess.MAX_BYTES);
    }

    private static boolean isWhole(MemorySegment payload) {
        if (payload.byteSize() < ConfigAccess.MIN_SIZE || payload.byteSize() > ConfigAccess.MAX_SIZE) {
            return false;
        }
        long offset = ConfigAccess.offset(payload);
        long bytes = ConfigAccess.bytes(payload);
        return offset >= 0 && bytes >= 0 && offset + bytes <= ConfigAccess.MAX_BYTES;
    }

    /** Mostly what lies there already, with a byte or two changed. */
    private MemorySegment access(Input input) {
        int kind = input.u8();
        int offset = (kind & 1) == 0 ? input.u8() : input.i32();
        int bytes = (kind & 2) == 0 ? input.u8() : input.i32();
        int carried = (kind & 4) == 0 ? Math.clamp(bytes, 0, 300) : input.u16() % 300;
        byte[] data = new byte[carried];
        byte[] now = space();
        for (int i = 0; i < carried; i++) {
            int at = offset + i;
            data[i] = at >= 0 && at < now.length ? now[at] : 0;
            if (at == BlkConfig.WRITEBACK && (kind & 8) != 0) {
                data[i] = (byte) input.u8();
            }
        }
        if ((kind & 16) != 0 && carried > 0) {
            data[input.u16() % carried] = (byte) input.u8();
        }
        MemorySegment payload = ConfigAccess.of(offset, 0, data);
        payload.set(ValueLayout.JAVA_INT_UNALIGNED, ConfigAccess.BYTES, bytes);
        return (kind & 32) == 0 ? payload : payload.asSlice(0, Math.min(payload.byteSize(), input.u8()));
    }

    private static Reply handle(Session session, FrontendRequest request, MemorySegment payload) {
        try (Message message = new Message(request.number(), 1, payload, new PassedFds())) {
            return session.handle(request, message);
        } catch (VhostException refused) {
            return null;
        }
    }

    @Override
    public void close() {}
}
