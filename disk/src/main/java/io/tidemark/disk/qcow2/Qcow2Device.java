// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Completion;
import io.tidemark.disk.Image;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Errno;

/**
 * A loop's way to a qcow2 image: a request is divided into pieces that lie in one place each. What lies in a file as it is goes to
 * that file's device in this loop; what is zero is filled in at once; only what is compressed, what needs a place, and
 * slices of tables that aren't in memory, go to another thread.
 *
 * <p>Pieces of one request are on their way at the same time.
 */
final class Qcow2Device implements BlockDevice, Completion {
    private final Loop loop;
    private final Qcow2Image image;
    private final boolean writable;
    private final Pieces pieces;
    private final BlockDevice container;
    private final BlockDevice data;

    /** Null without a backing file. */
    private final BlockDevice backing;

    /** What {@link #data} is the way to. */
    private final Image dataImage;

    private final Piece piece = new Piece();
    private final Completion passedOn = this::passedOn;
    private final Grace.Passage passage;
    private final NewClusters newClusters;

    /** By request id: the request, up to where it is divided, its pieces on their way, its status so far. */
    private final Request[] requests;

    private final long[] divided;
    private final int[] pending;
    private final int[] status;

    /** By request id: whether {@link #divide} is at it, further up the stack perhaps. */
    private final boolean[] dividing;

    /** By request id: whether it has to be divided once more from its beginning, and whether a sync follows, or is being done. */
    private final boolean[] again;

    private final boolean[] syncs;

    /** By request id: when it began, as {@link Grace} counts it. */
    private final int[] begun;

    Qcow2Device(Loop loop, Qcow2Image image) {
        int count = loop.requests();
        Loop below = new PieceLoop(loop, Pieces.count(count));
        this.loop = loop;
        this.image = image;
        this.writable = !image.geometry().readOnly();
        this.pieces = new Pieces(count);
        this.container = image.container().attach(below);
        this.data = image.dataFile().map(file -> file.attach(below)).orElse(container);
        this.dataImage = image.dataFile().orElse(image.container());
        this.backing = image.backing().map(file -> file.attach(below)).orElse(null);
        this.passage = image.grace().passage();
        this.newClusters = new NewClusters(loop, image.metadata(), passage, Pieces.count(count));
        this.requests = new Request[count];
        this.divided = new long[count];
        this.pending = new int[count];
        this.status = new int[count];
        this.dividing = new boolean[count];
        this.again = new boolean[count];
        this.syncs = new boolean[count];
        this.begun = new int[count];
    }

    @Override
    public void submit(Request request) {
        if (!writable && request.kind() != Request.Kind.READ) {
            request.complete(request.changesContent() ? -Errno.EROFS : 0);
            return;
        }
        int id = request.id();
        requests[id] = request;
        if (writable) {
            begun[id] = passage.begin();
        }
        if (passOn(request)) {
            return;
        }
        divided[id] = request.offset();
        status[id] = 0;
        again[id] = false;
        syncs[id] = request.kind() == Request.Kind.FLUSH || request.durable();
        divide(id);
    }

    /** Most requests lie in one place, and need nothing of what others do. @return whether it is one of these */
    private boolean passOn(Request request) {
        boolean write = request.kind() == Request.Kind.WRITE;
        if (!write && request.kind() != Request.Kind.READ || request.durable()) {
            return false;
        }
        Tables tables = image.tables();
        long length = request.length();
        piece.find(tables, request.offset(), request.end());
        if (piece.sort() != Piece.Sort.DATA
                || piece.length() < length
                || piece.place() + length > dataImage.geometry().capacity()
                || write && tables.space() == null) {
            return false;
        }
        Request part = pieces.take(request);
        part.begin(request.kind(), piece.place(), length);
        part.data().addPart(request.data(), 0, length);
        part.onCompletion(passedOn);
        data.submit(part);
        return true;
    }

    private void passedOn(Request part, int result) {
        end(pieces.release(part), result);
    }

    private void end(int id, int result) {
        Request request = requests[id];
        requests[id] = null;
        if (writable) {
            passage.end(begun[id]);
        }
        request.complete(result);
    }

    /** Sends off what of a request can be sent off now, and completes it when nothing of it is left. */
    private void divide(int id) {
        if (dividing[id]) {
            return;
        }
        dividing[id] = true;
        Request request = requests[id];
        do {
            Tables tables = image.tables();
            while (divided[id] < request.end() && status[id] == 0 && !again[id] && next(tables, request)) {
                // As far as it goes.
            }
        } while (isToBeginAgain(id) || isToSync(id));
        dividing[id] = false;
        if (pending[id] == 0) {
            end(id, status[id]);
        }
    }

    private boolean isToBeginAgain(int id) {
        if (!again[id] || pending[id] > 0 || status[id] != 0) {
            return false;
        }
        again[id] = false;
        divided[id] = requests[id].offset();
        return true;
    }

    /** Entries of what was written are in the file; they and the data last when the file is synced. */
    private boolean isToSync(int id) {
        if (!syncs[id] || pending[id] > 0 || status[id] != 0) {
            return false;
        }
        syncs[id] = false;
        Request part = begin(requests[id], Request.Kind.FLUSH, 0, 0);
        container.submit(part);
        return pending[id] == 0;
    }

    /** @return false if the request can't go on before something of it is complete */
    private boolean next(Tables tables, Request request) {
        piece.find(tables, divided[request.id()], request.end());
        return switch (piece.sort()) {
            case MISSING -> load(tables, request);
            case MALFORMED -> malformed(request);
            default ->
                switch (request.kind()) {
                    case READ -> read(tables, request);
                    case WRITE, DISCARD, WRITE_ZEROES -> change(tables, request);
                    case FLUSH -> false;
                };
        };
    }

    private boolean malformed(Request request) {
        long offset = divided[request.id()];
        image.metadata().give(metadata -> metadata.say("byte " + offset + " of the disk has an impossible L2 entry"));
        return fail(request, -Errno.EIO);
    }

    private boolean fail(Request request, int with) {
        status[request.id()] = with;
        return false;
    }

    private boolean read(Tables tables, Request request) {
        return switch (piece.sort()) {
            case DATA, SHARED -> readFrom(request, data, dataImage.geometry().capacity(), piece.place());
            case UNALLOCATED -> readFrom(request, backing, backingEnd(), divided[request.id()]);
            case COMPRESSED -> inflate(tables, request);
            default -> zero(request, piece.length());
        };
    }

    private long backingEnd() {
        return backing == null ? 0 : image.backing().get().geometry().capacity();
    }

    /** Behind the end of a file are zeros. */
    private boolean readFrom(Request request, BlockDevice from, long end, long place) {
        if (place >= end) {
            return zero(request, piece.length());
        }
        return transfer(request, from, place, Math.min(piece.length(), end - place));
    }

    private boolean transfer(Request request, BlockDevice device, long place, long length) {
        Request part = begin(request, request.kind(), place, length);
        if (part != null) {
            device.submit(part);
        }
        return part != null;
    }

    /** A piece of the request that is on its way from now on, or null if there is none. */
    private Request begin(Request request, Request.Kind kind, long place, long length) {
        Request part = pieces.take(request);
        if (part == null) {
            return null;
        }
        int id = request.id();
        boolean discard = kind == Request.Kind.DISCARD;
        // A discard that has no effect in the file would leave what the disk doesn't show any more.
        part.begin(discard ? Request.Kind.WRITE_ZEROES : kind, place, length);
        part.mayUnmap(discard || request.mayUnmap());
        if (kind == Request.Kind.READ || kind == Request.Kind.WRITE) {
            part.data().addPart(request.data(), divided[id] - request.offset(), length);
        }
        part.onCompletion(this);
        divided[id] += length;
        pending[id]++;
        return part;
    }

    private boolean zero(Request request, long length) {
        int id = request.id();
        if (!request.data().fillZero(divided[id] - request.offset(), length)) {
            return fail(request, -Errno.EFAULT);
        }
        divided[id] += length;
        return true;
    }

    private boolean inflate(Tables tables, Request request) {
        long entry = piece.place();
        long inCluster = divided[request.id()] & tables.layout().cluster() - 1;
        Request part = begin(request, Request.Kind.READ, divided[request.id()], piece.length());
        if (part != null) {
            image.metadata().give(metadata -> {
                int result = metadata.readCompressed(tables, entry, inCluster, part);
                loop.execute(() -> part.complete(result));
            });
        }
        return part != null;
    }

    private boolean change(Tables tables, Request request) {
        if (tables.space() == null) {
            return fail(request, -Errno.EIO); // the image is another process's
        }
        return request.kind() == Request.Kind.WRITE ? write(tables, request) : clear(tables, request);
    }

    private boolean write(Tables tables, Request request) {
        if (piece.sort() == Piece.Sort.DATA) {
            return writeInPlace(request, piece.length());
        }
        return isZero(tables, divided[request.id()]) ? allocate(tables, request) : copy(tables, request);
    }

    private boolean writeInPlace(Request request, long length) {
        // A file that was cut, or an entry that names what was never there: nothing is put behind the end.
        if (piece.place() + length > image.container().geometry().capacity()) {
            return malformed(request);
        }
        return transfer(request, container, piece.place(), length);
    }

    /** Whether all of the cluster at a place of the disk reads as zeros, where the piece begins. */
    private boolean isZero(Tables tables, long offset) {
        return piece.sort() == Piece.Sort.ZERO
                || piece.sort() == Piece.Sort.UNALLOCATED
                        && (offset & -tables.layout().cluster()) >= backingEnd();
    }

    /** Writes to new clusters, which are zero but for that. */
    private boolean allocate(Tables tables, Request request) {
        int id = request.id();
        if (!pieces.has(request)) {
            return false;
        }
        if (!newClusters.take(tables, divided[id], piece.length(), result -> done(id, result))) {
            pending[id]++;
            return false;
        }
        Request part = begin(request, Request.Kind.WRITE, newClusters.place(), newClusters.length());
        newClusters.begin(part.id());
        container.submit(part);
        return true;
    }

    /** Has the cluster replaced by one with the change in it. */
    private boolean copy(Tables tables, Request request) {
        int id = request.id();
        long offset = divided[id];
        long cluster = tables.layout().cluster();
        long length = Math.min(piece.length(), cluster - (offset & cluster - 1));
        Request part = begin(request, request.kind(), offset, length);
        if (part != null) {
            Change change = new Change.Copy(tables, part, loop, part::complete);
            image.metadata().give(metadata -> metadata.change(change));
        }
        return part != null;
    }

    /** Makes the piece zero. Whole clusters lose their places if they may; what is zero already stays as it is. */
    private boolean clear(Tables tables, Request request) {
        int id = request.id();
        long offset = divided[id];
        boolean zero = isZero(tables, offset);
        boolean data = piece.sort() == Piece.Sort.DATA;
        boolean unmap = request.kind() == Request.Kind.DISCARD || request.mayUnmap();
        if (zero && (!unmap || piece.sort() == Piece.Sort.UNALLOCATED)) {
            divided[id] += piece.length();
            return true;
        }
        long cluster = tables.layout().cluster();
        long inCluster = offset & cluster - 1;
        long whole = wholeClusters(tables, offset);
        if (data && !unmap) {
            return writeInPlace(request, piece.length());
        }
        if (inCluster == 0 && whole > 0 && canClear(tables, offset)) {
            return clear(tables, request, whole);
        }
        // What is left of a cluster.
        long length = Math.min(piece.length(), cluster - inCluster);
        if (zero) {
            divided[id] += length;
            return true;
        }
        return data ? writeInPlace(request, length) : copy(tables, request);
    }

    /** How many clusters the piece covers from its beginning on; the disk may end within the last one. */
    private long wholeClusters(Tables tables, long offset) {
        long end = offset + piece.length();
        long bytes =
                end == tables.header().size() ? end - offset + tables.layout().cluster() - 1 : end - offset;
        return Math.min(bytes >>> tables.layout().clusterBits(), NewClusters.MOST_CLEARED);
    }

    /** Version 2 has no zero clusters: where a backing file would show, zeros must be written. */
    private boolean canClear(Tables tables, long offset) {
        return tables.header().version() > 2 || offset >= backingEnd();
    }

    private boolean clear(Tables tables, Request request, long clusters) {
        int id = request.id();
        long offset = divided[id];
        Change change = new Change.Clear(tables, offset, clusters, loop, result -> done(id, result));
        divided[id] =
                Math.min(request.end(), offset + (clusters << tables.layout().clusterBits()));
        pending[id]++;
        image.metadata().give(metadata -> metadata.change(change));
        return true;
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
        int id = part.id();
        int parent = pieces.release(part);
        if (!newClusters.isOne(id)) {
            done(parent, result);
        } else {
            newClusters.written(id, result, told -> done(parent, told));
        }
    }

    private void done(int id, int result) {
        pending[id]--;
        if (result == Change.AGAIN) {
            again[id] = true;
        } else if (result < 0 && status[id] == 0) {
            status[id] = result;
        }
        divide(id);
    }
}
