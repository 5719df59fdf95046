// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import io.tidemark.disk.ImageException;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Errno;
import io.tidemark.disk.posix.NativeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ObjIntConsumer;

/**
 * Copies of clusters whose old content isn't zero, each with the changes that are wanted of it: written to new clusters and synced
 * before an entry names them, for else a crash could show neither the old nor the new. Confined to the metadata thread.
 */
final class Copying {
    /** How much memory the copies of one round take, in bytes; one cluster may have more. */
    private static final long MOST = 8 << 20;

    private final Metadata metadata;
    private final ParallelIo io;
    private final Map<Long, Target> targets = new LinkedHashMap<>();
    private final Deque<MemorySegment> spare = new ArrayDeque<>();

    /** A new cluster. */
    static final class Target {
        private final long offset;
        private final long former;
        private final long place;
        private final MemorySegment content;
        private final List<Change> changes = new ArrayList<>();
        private int status;

        Target(long offset, long former, long place, MemorySegment content) {
            this.offset = offset;
            this.former = former;
            this.place = place;
            this.content = content;
            this.status = place < 0 ? (int) place : 0;
        }

        /** Where on the disk the cluster begins. */
        long offset() {
            return offset;
        }

        /** The entry that it had before. */
        long former() {
            return former;
        }

        /** Where it lies in the image; a negative errno if there is no room. */
        long place() {
            return place;
        }

        /** 0, or a negative errno. */
        int status() {
            return status;
        }

        /** What it was copied for. */
        List<Change> changes() {
            return changes;
        }
    }

    Copying(Metadata metadata, ParallelIo io) {
        this.metadata = metadata;
        this.io = io;
    }

    /**
     * Makes copies in memory, of as many as there is room for.
     *
     * @param teller told of those that need no copy any more, or can't be done, with their status
     * @return how many changes were looked at, at least one
     */
    int begin(List<Change.Copy> batch, EntryWrites writes, ObjIntConsumer<Change> teller) {
        int taken = 0;
        for (Change.Copy copy : batch) {
            Tables tables = copy.tables().latest();
            long cluster = tables.layout().cluster();
            if (!targets.isEmpty() && (targets.size() + 1) * cluster > MOST) {
                break;
            }
            taken++;
            long offset = copy.part().offset() & -cluster;
            try {
                Target target = targets.get(offset);
                if (target == null) {
                    long former = writes.entry(offset);
                    if (!metadata.needsCopy(tables, offset, former)) {
                        teller.accept(copy, Change.AGAIN);
                        continue;
                    }
                    target = target(tables, offset, former, copy.part().length() < cluster);
                    targets.put(offset, target);
                }
                change(target, copy, teller);
            } catch (ImageException e) {
                metadata.say(e.getMessage());
                teller.accept(copy, -Errno.EIO);
            }
        }
        return taken;
    }

    private Target target(Tables tables, long offset, long former, boolean inPart) {
        int bytes = Math.toIntExact(tables.layout().cluster());
        MemorySegment content = spare.poll();
        if (content == null || content.byteSize() != bytes) {
            content = Arena.ofAuto().allocate(bytes, NativeMemory.PAGE);
        }
        if (inPart) {
            metadata.readCluster(tables, offset, former, content);
        } else {
            content.fill((byte) 0); // the disk may end within it
        }
        return new Target(offset, former, tables.space().reserve().takeOne(), content);
    }

    private static void change(Target target, Change.Copy copy, ObjIntConsumer<Change> teller) {
        Request part = copy.part();
        MemorySegment place = target.content.asSlice(part.offset() - target.offset, part.length());
        if (part.kind() != Request.Kind.WRITE) {
            place.fill((byte) 0);
        } else if (!part.data().copyTo(place.address())) {
            // What was copied of it is what the guest wanted to write there, or will be.
            teller.accept(copy, -Errno.EFAULT);
            return;
        }
        target.changes.add(copy);
    }

    Collection<Target> targets() {
        return targets.values();
    }

    /** Writes the copies, and makes them last. @return whether that went well */
    boolean write() {
        boolean any = false;
        try {
            for (Target target : targets.values()) {
                if (target.status == 0) {
                    io.write(target.place, target.content);
                    any = true;
                }
            }
            if (any) {
                io.flush();
            }
            return true;
        } catch (ImageException e) {
            metadata.say(e.getMessage());
            return false;
        }
    }

    /** Makes room for the next ones. */
    void end() {
        targets.values().forEach(target -> spare.add(target.content));
        targets.clear();
    }
}
