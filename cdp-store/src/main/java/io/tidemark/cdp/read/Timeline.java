// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

import io.tidemark.cdp.format.GapCode;
import io.tidemark.cdp.format.Kind;
import io.tidemark.cdp.format.Slot;
import io.tidemark.disk.change.ChangeLog.GapReason;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What a pass over the log finds: gaps, marks, counts. */
final class Timeline {
    private static final String DAMAGE = "damage";

    /** At the end of such gaps only what was missed is read. */
    private static final Set<GapReason> PARTIAL =
            EnumSet.of(GapReason.OVERLOAD, GapReason.WRITE_ERROR, GapReason.PAUSED);

    final List<Gap> gaps = new ArrayList<>();
    final List<MarkEntry> marks = new ArrayList<>();
    final long[] counts = new long[Kind.CLEAN_END + 1];
    long guestBytes;
    long writes;

    private final RecordLog log;
    private long position;
    private long time;
    private Gap open;
    /** Records are missing; only the end of a gap in which the whole disk was read makes states exact again. */
    private boolean damaged;

    private boolean wholeRead;

    Timeline(RecordLog log, List<LogLoader.Hole> holes) {
        this.log = log;
        int hole = 0;
        for (int i = 0; i < log.size(); i++) {
            for (; hole < holes.size() && holes.get(hole).at() == i; hole++) {
                damage(i);
            }
            record(i);
        }
        if (hole < holes.size()) {
            damage(log.size());
        }
        if (open != null) {
            gaps.add(open);
        }
    }

    /** Whether records are missing, and the whole disk has not been read since. */
    boolean isDamaged() {
        return damaged;
    }

    private void damage(int at) {
        if (open == null) {
            begin(DAMAGE, at, time);
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
                marks.add(new MarkEntry(log.name(i), log.number(i), now, i + RecordLog.slots(log.length(i))));
            case Kind.GAP_BEGIN -> {
                var reason = GapCode.reason(log.flags(i));
                wholeRead = log.length(i) != Slot.PART && (reason.isEmpty() || !PARTIAL.contains(reason.get()));
                if (open == null) {
                    // While no agent ran, or none could record, nothing is known: that gap began with the last record.
                    boolean late = i > 0
                            && reason.filter(r -> r == GapReason.RESTART || r == GapReason.STORE_ERROR)
                                    .isPresent();
                    begin(
                            reason.map(r -> r.name().toLowerCase(Locale.ROOT).replace('_', ' '))
                                    .orElse("unknown"),
                            i,
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
                            i,
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

    private void begin(String reason, int at, long when) {
        open = new Gap(reason, position, -1, when, -1, at, Long.MAX_VALUE, at > 0);
    }
}
