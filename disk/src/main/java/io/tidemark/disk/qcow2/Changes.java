// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.ImageException;
import io.tidemark.disk.posix.Errno;
import java.util.ArrayList;
import java.util.List;

/**
 * Carries out what loops want to have changed: all that has come meanwhile goes to the file together, and nobody is told before
 * it is there. Confined to the metadata thread.
 */
final class Changes {
    /** It doesn't wait for more than so many. */
    private static final int MOST = 256;

    private final Metadata metadata;
    private final EntryWrites writes;
    private final Copying copying;
    private final Replies replies = new Replies();
    private final List<Dropped> dropped = new ArrayList<>();
    private final List<Change> plain = new ArrayList<>();
    private final List<Change.Copy> copies = new ArrayList<>();

    /** Those of {@link #plain} whose entries are to be written. */
    private final List<Change> written = new ArrayList<>();

    Changes(Metadata metadata, ParallelIo io, Copying copying) {
        this.metadata = metadata;
        this.writes = new EntryWrites(metadata, io);
        this.copying = copying;
    }

    /** Carries it out soon, at the latest at {@link #settle}. */
    void add(Change change) {
        if (change instanceof Change.Copy copy) {
            copies.add(copy);
        } else {
            plain.add(change);
        }
        if (plain.size() + copies.size() >= MOST) {
            settle();
        }
    }

    /** Carries out what has come. Copies last: they wait for a sync. */
    void settle() {
        if (!plain.isEmpty()) {
            enter(plain);
            plain.clear();
            replies.send();
        }
        for (int from = 0; from < copies.size(); ) {
            from += copy(copies.subList(from, copies.size()));
            replies.send();
        }
        copies.clear();
    }

    private void enter(List<Change> batch) {
        Tables tables = batch.getFirst().tables().latest();
        writes.begin(tables);
        for (Change change : batch) {
            int status = prepared(change);
            if (status == 0) {
                written.add(change);
            } else {
                tell(change, status);
            }
        }
        write(tables);
    }

    /** Writes the entries, and tells those whose entries they are. */
    private void write(Tables tables) {
        int status = 0;
        try {
            writes.write();
        } catch (ImageException e) {
            metadata.say(e.getMessage());
            status = -Errno.EIO;
            // Perhaps the file still names it.
            dropped.clear();
        }
        if (!dropped.isEmpty()) {
            tables.space().drop(List.copyOf(dropped));
            dropped.clear();
        }
        for (Change change : written) {
            tell(change, status);
        }
        written.clear();
    }

    private void tell(Change change, int status) {
        replies.add(change.loop(), () -> change.reply().told(status));
    }

    private int prepared(Change change) {
        try {
            return switch (change) {
                case Change.Enter enter -> enter(enter);
                case Change.Clear clear -> clear(clear);
                case Change.Spoil spoil -> spoil(spoil);
                case Change.Copy _ -> throw new IllegalArgumentException("is prepared otherwise");
            };
        } catch (ImageException e) {
            metadata.say(e.getMessage());
            return -Errno.EIO;
        }
    }

    /** Who has entered one of them before shows what is there, and is told so, too. */
    private int spoil(Change.Spoil spoil) {
        for (int i = 0; i < spoil.count(); i++) {
            spoil.tables()
                    .space()
                    .reserve()
                    .spoil(spoil.place() + i * spoil.tables().layout().cluster());
        }
        return 0;
    }

    private int enter(Change.Enter enter) {
        long cluster = enter.tables().layout().cluster();
        int status = 0;
        for (int i = 0; i < enter.count(); i++) {
            long place = enter.place() + i * cluster;
            if (status == 0) {
                status = tryToEnter(enter.tables().latest(), enter.offset() + i * cluster, place);
            }
            if (status != 0) {
                // The request is going to write elsewhere. What it has left here must not come back by another's entry.
                enter.tables().space().reserve().spoil(place);
            }
        }
        return status;
    }

    private int tryToEnter(Tables tables, long offset, long place) {
        try {
            return enter(tables, offset, place);
        } catch (ImageException e) {
            metadata.say(e.getMessage());
            return -Errno.EIO;
        }
    }

    private int enter(Tables tables, long offset, long place) {
        long entry = place | L2Entry.COPIED;
        long former = writes.entry(offset);
        if (former == entry) {
            return 0; // by another write to the same new cluster
        }
        if (!metadata.isZero(tables, offset, former)
                || !tables.space().reserve().isOut(place)) {
            return Change.AGAIN;
        }
        return replace(tables, offset, former, entry);
    }

    /** The cluster that the new entry names, if any, isn't out any more, whatever comes of this. */
    private int replace(Tables tables, long offset, long former, long entry) {
        int status = writes.set(offset, entry);
        if (status == 0) {
            tables.space().reserve().settle(L2Entry.offset(entry));
            drop(former, tables.layout().clusterBits());
        }
        return status;
    }

    private void drop(long former, int clusterBits) {
        Dropped old = Dropped.of(former, clusterBits);
        if (old.length() > 0) {
            dropped.add(old);
        }
    }

    private int clear(Change.Clear clear) {
        Tables tables = clear.tables().latest();
        long cluster = tables.layout().cluster();
        int status = 0;
        for (long i = 0; i < clear.count() && status == 0; i++) {
            long offset = clear.offset() + i * cluster;
            long former = writes.entry(offset);
            long entry = metadata.showsBacking(offset) ? L2Entry.ZERO : 0;
            if (former != entry) {
                status = replace(tables, offset, former, entry);
            }
        }
        return status;
    }

    /** @return how many were carried out */
    private int copy(List<Change.Copy> batch) {
        Tables tables = batch.getFirst().tables().latest();
        writes.begin(tables);
        int taken = copying.begin(batch, writes, this::tell);
        if (copying.write()) {
            for (Copying.Target target : copying.targets()) {
                long entry = target.place() | L2Entry.COPIED;
                int status = target.status();
                try {
                    status = status == 0 ? replace(tables, target.offset(), target.former(), entry) : status;
                } catch (ImageException e) {
                    metadata.say(e.getMessage());
                    status = -Errno.EIO;
                }
                if (status == 0) {
                    written.addAll(target.changes());
                } else {
                    abandon(tables, target, status);
                }
            }
            write(tables);
        } else {
            copying.targets().forEach(target -> abandon(tables, target, -Errno.EIO));
        }
        copying.end();
        return taken;
    }

    private void abandon(Tables tables, Copying.Target target, int status) {
        if (target.place() > 0) {
            tables.space().abandon(target.place(), tables.layout().cluster());
        }
        target.changes().forEach(change -> tell(change, status));
    }
}
