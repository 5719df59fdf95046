// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Completion;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Errno;

/**
 * A loop's way to a qcow2 image: a request is divided into pieces that lie in one place each. What lies in a file as it is goes to
 * that file's device in this loop; what is zero is filled in at once; only what is compressed, and slices of tables that
 * aren't in memory, go to another thread.
 *
 * <p>Pieces of one request are read at the same time.
 */
final class Qcow2Device implements BlockDevice, Completion {
    private final Loop loop;
    private final Qcow2Image image;
    private final Pieces pieces;
    private final BlockDevice container;
    private final BlockDevice data;

    /** Null without a backing file. */
    private final BlockDevice backing;

    private final Piece piece = new Piece();

    /** By request id: the request, up to where it is divided, its pieces on their way, its status so far. */
    private final Request[] requests;

    private final long[] divided;
    private final int[] pending;
    private final int[] status;

    /** By request id: whether {@link #divide} is at it, further up the stack perhaps. */
    private final boolean[] dividing;

    Qcow2Device(Loop loop, Qcow2Image image) {
        int count = loop.requests();
        Loop below = new PieceLoop(loop, Pieces.count(count));
        this.loop = loop;
        this.image = image;
        this.pieces = new Pieces(count);
        this.container = image.container().attach(below);
        this.data = image.dataFile().map(file -> file.attach(below)).orElse(container);
        this.backing = image.backing().map(file -> file.attach(below)).orElse(null);
        this.requests = new Request[count];
        this.divided = new long[count];
        this.pending = new int[count];
        this.status = new int[count];
        this.dividing = new boolean[count];
    }

    @Override
    public void submit(Request request) {
        switch (request.kind()) {
            case READ -> {
                int id = request.id();
                requests[id] = request;
                divided[id] = request.offset();
                status[id] = 0;
                divide(id);
            }
            case FLUSH -> request.complete(0); // nothing was written
            case WRITE, DISCARD, WRITE_ZEROES -> request.complete(-Errno.EROFS);
        }
    }

    /** Sends off what of a request can be sent off now, and completes it when nothing of it is left. */
    private void divide(int id) {
        if (dividing[id]) {
            return;
        }
        dividing[id] = true;
        Request request = requests[id];
        Tables tables = image.tables();
        while (divided[id] < request.end() && status[id] == 0 && next(tables, request)) {
            // As far as it goes.
        }
        dividing[id] = false;
        if (pending[id] == 0) {
            requests[id] = null;
            request.complete(status[id]);
        }
    }

    /** @return false if the request can't go on before something of it is complete */
    private boolean next(Tables tables, Request request) {
        int id = request.id();
        long offset = divided[id];
        piece.find(tables, offset, request.end());
        return switch (piece.sort()) {
            case DATA -> read(request, data, dataEnd(), piece.place(), piece.length());
            case UNALLOCATED -> read(request, backing, backingEnd(), offset, piece.length());
            case ZERO -> zero(request, piece.length());
            case COMPRESSED -> inflate(tables, request);
            case MISSING -> load(tables, request);
            case MALFORMED -> {
                image.metadata()
                        .give(metadata -> metadata.say("byte " + offset + " of the disk has an impossible L2 entry"));
                status[id] = -Errno.EIO;
                yield false;
            }
        };
    }

    private long dataEnd() {
        return image.dataFile().isPresent()
                ? image.dataFile().get().geometry().capacity()
                : image.container().geometry().capacity();
    }

    private long backingEnd() {
        return backing == null ? 0 : image.backing().get().geometry().capacity();
    }

    /** Behind the end of a file are zeros. */
    private boolean read(Request request, BlockDevice from, long end, long place, long length) {
        if (place >= end) {
            return zero(request, length);
        }
        Request part = begin(request, place, Math.min(length, end - place));
        if (part != null) {
            from.submit(part);
        }
        return part != null;
    }

    /** A piece of the request that is on its way from now on, or null if there is none. */
    private Request begin(Request request, long place, long length) {
        Request part = pieces.take(request);
        if (part == null) {
            return null;
        }
        int id = request.id();
        part.begin(Request.Kind.READ, place, length);
        part.data().addPart(request.data(), divided[id] - request.offset(), length);
        part.onCompletion(this);
        divided[id] += length;
        pending[id]++;
        return part;
    }

    private boolean zero(Request request, long length) {
        int id = request.id();
        if (!request.data().fillZero(divided[id] - request.offset(), length)) {
            status[id] = -Errno.EFAULT;
            return false;
        }
        divided[id] += length;
        return true;
    }

    private boolean inflate(Tables tables, Request request) {
        long entry = piece.place();
        long inCluster = divided[request.id()] & tables.layout().cluster() - 1;
        Request part = begin(request, divided[request.id()], piece.length());
        if (part != null) {
            image.metadata().give(metadata -> {
                int result = metadata.readCompressed(tables, entry, inCluster, part);
                loop.execute(() -> part.complete(result));
            });
        }
        return part != null;
    }

    /** The request goes on where it is when the slice is there. */
    private boolean load(Tables tables, Request request) {
        int id = request.id();
        long offset = divided[id];
        pending[id]++;
        image.metadata().give(metadata -> {
            int result = metadata.load(tables, offset);
            loop.execute(() -> done(id, result));
        });
        return false;
    }

    @Override
    public void completed(Request part, int result) {
        done(pieces.release(part), result);
    }

    private void done(int id, int result) {
        pending[id]--;
        if (result < 0 && status[id] == 0) {
            status[id] = result;
        }
        divide(id);
    }
}
