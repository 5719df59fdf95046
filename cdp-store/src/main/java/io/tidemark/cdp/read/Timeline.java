// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.catalogue.Gap;
import io.tidemark.cdp.catalogue.LogAccount;
import io.tidemark.cdp.catalogue.MarkEntry;
import io.tidemark.cdp.format.GapCode;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Slot;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a pass over the log finds: gaps, marks, counts; segment by segment. */
final class Timeline {
    private static final String DAMAGE = "damage";

    /** At the end of such gaps only what was missed is read. */
    private static final Set<GapReason> PARTIAL =
            EnumSet.of(GapReason.OVERLOAD, GapReason.WRITE_ERROR, GapReason.PAUSED);

    private final long[] counts = new long[Kind.CLEAN_END + 1];
    private final List<Gap> gaps;
    private final List<MarkEntry> marks;
    private long records;
    private long batches;
    private long position;
    private long time;
    private long begin;
    private long writes;
    private long guestBytes;
    private long syncBytes;
    private Gap open;
    /** Records are missing; only the end of a gap in which the whole disk was read makes states exact again. */
    private boolean damaged;

    private boolean wholeRead;
    private boolean clean;
    private int dataSegment;
    private long blocks;
    private RecordLog log;

    /** Goes on behind what was passed over before. */
    Timeline(LogAccount before) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] = before.counts().get(i);
        }
        gaps = new ArrayList<>(before.gaps());
        marks = new ArrayList<>(before.marks());
        records = before.records();
        batches = before.batches();
        position = before.position();
        time = before.time();
        begin = before.begin();
        writes = before.writes();
        guestBytes = before.guestBytes();
        syncBytes = before.syncBytes();
        open = before.open().orElse(null);
        damaged = before.damaged();
        wholeRead = before.wholeRead();
        clean = before.clean();
        dataSegment = before.dataSegment();
        blocks = before.blocks();
    }

    /** Passes over the next segment. */
    void add(LoadedSegment segment) {
        log = segment.log();
        int hole = 0;
        for (int i = 0; i < log.size(); i++) {
            for (; hole < segment.holes().size() && segment.holes().get(hole) == i; hole++) {
                damage(i);
            }
            record(i);
        }
        if (hole < segment.holes().size()) {
            damage(log.size());
        }
        if (log.size() > 0) {
            begin = records == 0 ? log.time(0) : begin;
            clean = log.kind(log.size() - 1) == Kind.CLEAN_END;
            batches = segment.entry().batches();
            dataSegment = segment.dataSegment();
            blocks = segment.blocks();
        }
        records += log.size();
        log = null;
    }

    LogAccount account() {
        return new LogAccount(
                records,
                batches,
                position,
                time,
                begin,
                writes,
                guestBytes,
                syncBytes,
                Arrays.stream(counts).boxed().toList(),
                gaps,
                Optional.ofNullable(open),
                damaged,
                wholeRead,
                clean,
                marks,
                dataSegment,
                blocks);
    }

    private void damage(int at) {
        if (open == null) {
            begin(DAMAGE, records + at, time);
        }
        damaged = true;
        wholeRead = false;
    }

    private void record(int i) {
        byte kind = log.kind(i);
        counts[kind]++;
        if (kind == Kind.NAME) {
            return;
        }
        long now = log.time(i);
        switch (kind) {
            case Kind.WRITE -> {
                guestBytes += log.length(i);
                writes += log.number(i) == position ? 0 : 1;
            }
            case Kind.MARK ->
                marks.add(new MarkEntry(log.name(i), log.number(i), now, records + i + RecordLog.slots(log.length(i))));
            case Kind.SYNC_DATA -> syncBytes += log.length(i);
            case Kind.GAP_BEGIN -> {
                var reason = GapCode.reason(log.flags(i));
                wholeRead = log.length(i) != Slot.PART && (reason.isEmpty() || !PARTIAL.contains(reason.get()));
                if (open == null) {
                    // While no agent ran, or none could record, nothing is known: that gap began with the last record.
                    boolean late = records + i > 0
                            && reason.filter(r -> r == GapReason.RESTART || r == GapReason.STORE_ERROR)
                                    .isPresent();
                    begin(
                            reason.map(r -> r.name().toLowerCase(Locale.ROOT).replace('_', ' '))
                                    .orElse("unknown"),
                            records + i,
                            late ? time : now);
                }
            }
            case Kind.GAP_END -> {
                if (open != null && (!damaged || wholeRead)) {
                    gaps.add(new Gap(
                            open.reason(),
                            open.from(),
                            position,
                            open.begin(),
                            now,
                            open.firstRecord(),
                            records + i,
                            open.restorableBefore()));
                    open = null;
                    damaged = false;
                }
            }
            default -> {}
        }
        position = Kind.isChange(kind) ? log.number(i) : position;
        time = now;
    }

    private void begin(String reason, long at, long when) {
        open = new Gap(reason, position, -1, when, -1, at, Long.MAX_VALUE, at > 0);
    }
}
