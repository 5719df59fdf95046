// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.catalogue;

import io.tidemark.cdp.format.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * What the log amounts to, from its first record on up to some place; grows with the gaps and marks, not with the writes.
 *
 * @param records how many
 * @param batches the sequence behind the last batch
 * @param position the last write
 * @param time of the last record, in microseconds since 1970
 * @param begin time of the first record
 * @param writes how many writes, zeros left out
 * @param guestBytes what they have written
 * @param syncBytes what was read from the disk
 * @param counts how many records of each kind, by its code
 * @param gaps those that have ended
 * @param open the one that is open
 * @param damaged records are missing: only the end of a gap in which the whole disk was read makes states exact again
 * @param wholeRead the open gap is such a one
 * @param clean the last record is a clean end
 * @param dataSegment the data segment that was being written at the last batch
 * @param blocks how many blocks had been written by then
 */
public record LogAccount(
        long records,
        long batches,
        long position,
        long time,
        long begin,
        long writes,
        long guestBytes,
        long syncBytes,
        List<Long> counts,
        List<Gap> gaps,
        Optional<Gap> open,
        boolean damaged,
        boolean wholeRead,
        boolean clean,
        List<MarkEntry> marks,
        int dataSegment,
        long blocks) {
    /** Of a history without a record. */
    public static final LogAccount EMPTY = new LogAccount(
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            new ArrayList<>(Collections.nCopies(Kind.CLEAN_END + 1, 0L)),
            List.of(),
            Optional.empty(),
            false,
            false,
            false,
            List.of(),
            0,
            0);

    /** Of a log of which nobody knows more than where it ends, and whether in a gap. */
    public static LogAccount behind(long records, long batches, long position, long time, Optional<Gap> open) {
        return new LogAccount(
                records,
                batches,
                position,
                time,
                time,
                0,
                0,
                0,
                EMPTY.counts,
                List.of(),
                open,
                false,
                false,
                false,
                List.of(),
                0,
                0);
    }

    public LogAccount {
        counts = List.copyOf(counts);
        gaps = List.copyOf(gaps);
        marks = List.copyOf(marks);
    }

    /** Without the gaps and marks of states that are gone. */
    public LogAccount with(List<Gap> otherGaps, List<MarkEntry> otherMarks) {
        return new LogAccount(
                records,
                batches,
                position,
                time,
                begin,
                writes,
                guestBytes,
                syncBytes,
                counts,
                otherGaps,
                open,
                damaged,
                wholeRead,
                clean,
                otherMarks,
                dataSegment,
                blocks);
    }

    public long count(byte kind) {
        return counts.get(kind);
    }
}
