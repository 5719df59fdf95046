// SPDX-License-Identifier: Apache-2.0
package io.tidemark.vhost.connection;

import io.tidemark.fuzz.CheckingImage;
import io.tidemark.fuzz.Finding;
import io.tidemark.fuzz.Input;
import io.tidemark.fuzz.Leaks;
import io.tidemark.fuzz.Target;
import io.tidemark.vhost.VhostException;
import io.tidemark.vhost.blk.BlkDevice;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.MessageStream;
import io.tidemark.vhost.queue.QueueLoop;
import io.tidemark.vhost.socket.SocketPair;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;

/** Whole conversations with any messages and any descriptors, against a real session with real queue loops. */
public final class ProtocolFuzz implements Target {
    private static final int MESSAGES = 48;
    private static final int TABLE_ENTRIES = 8;

    private final GuestRam ram = new GuestRam(HostileMessage.GUEST, HostileMessage.RAM);
    private final HostileFds fds = new HostileFds(ram);
    private final CheckingImage image = new CheckingImage((address, length) -> true);
    private final List<QueueLoop> loops = IntStream.range(0, 2)
            .mapToObj(i -> new QueueLoop("fuzz-q" + i, image, "serial".getBytes()))
            .toList();
    private final Leaks leaks = Leaks.from();

    @Override
    public void run(Input input) {
        int manner = input.u8();
        prepare(input.bytes(16));
        try (SocketPair sockets = new SocketPair()) {
            speak(input, sockets);
            sockets.hangUp();
            Session session = new Session(
                    "fuzz", new BlkDevice(image.geometry(), loops.size()), List.copyOf(loops), vanishing(manner));
            try {
                new Connection("fuzz", new MessageStream(sockets.backend()), session).serve();
            } finally {
                session.end();
            }
        } finally {
            ram.shrink(HostileMessage.RAM);
        }
        for (QueueLoop loop : loops) {
            String reason = loop.brokenBecause();
            Finding.unless(!loop.isServing(), "a ring is served after the session's end");
            Finding.unless(reason == null || !reason.startsWith("a fault of our own"), reason);
        }
    }

    /** A ring with as many requests as it holds, in the memory that may be shared. */
    private void prepare(byte[] change) {
        MemorySegment memory = ram.at(HostileMessage.GUEST, HostileMessage.RAM).fill((byte) 0);
        for (int i = 0; i < TABLE_ENTRIES; i++) {
            memory.set(ValueLayout.JAVA_LONG, i * 16L, HostileMessage.GUEST + 0x4000 + i * 1024L);
            memory.set(ValueLayout.JAVA_INT, i * 16L + 8, i % 2 == 0 ? 16 : 513);
            memory.set(ValueLayout.JAVA_SHORT, i * 16L + 12, (short) (i % 2 == 0 ? 1 : 2));
            memory.set(ValueLayout.JAVA_SHORT, i * 16L + 14, (short) (i + 1));
            memory.set(ValueLayout.JAVA_SHORT, HostileMessage.AVAIL + 4 + 2L * i, (short) (i & ~1));
        }
        memory.set(ValueLayout.JAVA_SHORT, HostileMessage.AVAIL + 2, (short) (TABLE_ENTRIES / 2));
        MemorySegment.copy(MemorySegment.ofArray(change), 0, memory, HostileMessage.AVAIL, change.length);
    }

    private void speak(Input input, SocketPair sockets) {
        for (int i = 0; i < MESSAGES && !input.isEmpty(); i++) {
            HostileMessage message = HostileMessage.read(input);
            int[] passed = new int[message.fds()];
            for (int j = 0; j < passed.length; j++) {
                passed[j] = fds.get(input.u8());
            }
            try {
                sockets.say(message.bytes(), passed);
            } catch (VhostException e) {
                throw new IllegalStateException("message " + message + " can't be sent", e);
            }
        }
    }

    /** Takes memory away while it is in use: at some negotiation in the middle of the conversation. */
    private ConnectionObserver vanishing(int manner) {
        return new ConnectionObserver() {
            private int left = manner & 7;

            @Override
            public void negotiated(long features) {
                if ((manner & 8) != 0 && left-- == 0) {
                    ram.shrink((manner >> 4) * 4096L);
                }
            }
        };
    }

    @Override
    public void checkLeaks() {
        leaks.check();
    }

    @Override
    public void close() {
        loops.forEach(QueueLoop::close);
        fds.close();
        ram.close();
    }
}
