// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.frontend;

import io.tidemark.vhost.blk.BlkRequestHeader;
import io.tidemark.vhost.blk.BlkRequestType;
import io.tidemark.vhost.fixture.Buffer;
import io.tidemark.vhost.fixture.DriverRing;
import io.tidemark.vhost.fixture.Frontend;
import io.tidemark.vhost.fixture.GuestRam;
import io.tidemark.vhost.protocol.FrontendRequest;
import io.tidemark.vhost.protocol.MessageHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** Connects to a backend, gets as far as chance has it, and leaves without a word. */
public final class Visitor {
    private static final int QUEUES = 2;
    private static final int DEPTH = 16;
    private static final int LENGTH = 16 << 10;
    private static final long RAM_BYTES = 1 << 20;
    private static final int SECTOR = 512;

    private final Path socket;
    private final long from;
    private final long to;
    private final SplittableRandom random;

    /** @param from where on the disk it may write, in bytes; up to {@code to} */
    public Visitor(Path socket, long from, long to, SplittableRandom random) {
        this.socket = socket;
        this.from = from;
        this.to = to;
        this.random = random;
    }

    /** Comes, and goes in the middle of something. */
    public void visit() {
        try (Frontend frontend = Frontend.connect(socket)) {
            switch (random.nextInt(8)) {
                case 0 -> {} // says nothing at all
                case 1 -> frontend.getU64(FrontendRequest.GET_FEATURES);
                case 2 -> halfAMessage(frontend);
                case 3 -> negotiatedOnly(frontend);
                case 4 -> halfAMessageWithFiles(frontend);
                case 5 -> share(frontend, false);
                default -> share(frontend, true);
            }
        }
    }

    private void negotiatedOnly(Frontend frontend) {
        frontend.negotiate(-1L);
        if (random.nextBoolean()) {
            frontend.config(0, 60);
        }
    }

    private void halfAMessage(Frontend frontend) {
        if (random.nextBoolean()) {
            frontend.negotiate(-1L);
        }
        frontend.raw(beginningOf(FrontendRequest.values()[random.nextInt(FrontendRequest.values().length)]));
    }

    /** The files of a message come with its first byte. */
    private void halfAMessageWithFiles(Frontend frontend) {
        frontend.negotiate(-1L);
        try (GuestRam ram = new GuestRam(0, RAM_BYTES);
                DriverRing ring = new DriverRing(ram, DEPTH, true)) {
            FrontendRequest[] taking = {
                FrontendRequest.SET_MEM_TABLE,
                FrontendRequest.ADD_MEM_REG,
                FrontendRequest.SET_VRING_KICK,
                FrontendRequest.SET_INFLIGHT_FD,
                FrontendRequest.SET_BACKEND_REQ_FD
            };
            int[] files = {ram.fd(), ring.kickFd(), ring.callFd(), ring.errorFd()};
            int[] some = new int[1 + random.nextInt(files.length)];
            System.arraycopy(files, 0, some, 0, some.length);
            frontend.raw(beginningOf(taking[random.nextInt(taking.length)]), some);
        }
    }

    private byte[] beginningOf(FrontendRequest request) {
        int payload = 40;
        ByteBuffer bytes = ByteBuffer.allocate(MessageHeader.SIZE + payload).order(ByteOrder.nativeOrder());
        bytes.putInt((int) MessageHeader.REQUEST, request.number());
        bytes.putInt((int) MessageHeader.FLAGS, MessageHeader.VERSION | MessageHeader.NEED_REPLY);
        bytes.putInt((int) MessageHeader.PAYLOAD_SIZE, payload);
        byte[] part = new byte[1 + random.nextInt(bytes.capacity() - 1)];
        bytes.get(0, part);
        return part;
    }

    /** Gets as far as memory, or rings, or requests in flight. */
    private void share(Frontend frontend, boolean rings) {
        frontend.negotiate(-1L);
        try (Machine machine = new Machine(QUEUES, RAM_BYTES)) {
            if (rings) {
                Handshake.serve(frontend, machine, random.nextBoolean(), Handshake.Observer.NONE);
                for (DriverRing ring : machine.rings()) {
                    requests(ring, machine);
                }
            } else {
                Handshake.setTable(frontend, machine.regions());
                if (random.nextBoolean()) {
                    machine.inflight()
                            .share(frontend, QUEUES, machine.rings().getFirst().size());
                }
            }
        }
    }

    private void requests(DriverRing ring, Machine machine) {
        GuestRam control = machine.control();
        GuestRam data = machine.buffers().current();
        for (int i = random.nextInt(DEPTH); i > 0; i--) {
            long header = control.allocate(BlkRequestHeader.SIZE, 1);
            long sector = random.nextLong(from, to - LENGTH) / SECTOR;
            boolean write = random.nextBoolean();
            BlkRequestHeader.put(
                    control.at(header, BlkRequestHeader.SIZE),
                    0,
                    write ? BlkRequestType.OUT : BlkRequestType.IN,
                    sector);
            ring.offer(List.of(
                    Buffer.out(header, BlkRequestHeader.SIZE),
                    new Buffer(data.guestAddress() + (long) i * LENGTH, LENGTH, !write),
                    Buffer.in(control.allocate(1, 1), 1)));
        }
        ring.publish();
        if (random.nextBoolean()) {
            ring.take(5);
        }
    }
}
