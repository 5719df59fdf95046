// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.write;

import java.time.Duration;

/**
 * How a history is written.
 *
 * @param blocks raw blocks of 256 KiB between the caller and the outbox; a power of two
 * @param compressors threads that compress
 * @param commitInterval the shortest time between two group commits while changes keep coming
 * @param linger how long a small block may wait for more content
 * @param dataSegment size in bytes at which a data segment is full; at most 1 GiB
 * @param outbox bytes of memory for compressed blocks on their way to the store; at least twice the longest write
 * @param patience how long the end of a history waits for the store
 * @param metaSegment size in bytes at which a metadata segment is full; at most 64 MiB. Opening a point reads one or two
 * @param keeperRate bytes a second that may be read and written to thin, fold and pack; 0: none of that is done unasked
 */
public record WriterOptions(
        int blocks,
        int compressors,
        Duration commitInterval,
        Duration linger,
        long outbox,
        Duration patience,
        long dataSegment,
        long metaSegment,
        long keeperRate) {
    public static final WriterOptions DEFAULT = new WriterOptions(
            32,
            Runtime.getRuntime().availableProcessors() > 2 ? 2 : 1,
            Duration.ofMillis(250),
            Duration.ofMillis(5),
            64L << 20,
            Duration.ofSeconds(5),
            256L << 20,
            4L << 20,
            0);

    public WriterOptions {
        if (Integer.bitCount(blocks) != 1 || blocks < 2 || compressors < 1 || compressors > 16) {
            throw new IllegalArgumentException("blocks " + blocks + ", compressors " + compressors);
        }
        if (outbox < 2L * OutboxEntry.MAX || outbox > 1L << 30) {
            throw new IllegalArgumentException("outbox of " + outbox + " bytes");
        }
        if (dataSegment > 1L << 30 || metaSegment > 64L << 20 || dataSegment <= 0 || metaSegment <= 0) {
            throw new IllegalArgumentException("segment sizes " + dataSegment + " and " + metaSegment);
        }
    }

    public WriterOptions withSegments(long data, long meta) {
        return new WriterOptions(blocks, compressors, commitInterval, linger, outbox, patience, data, meta, keeperRate);
    }

    public WriterOptions withCommitInterval(Duration interval) {
        return new WriterOptions(
                blocks, compressors, interval, linger, outbox, patience, dataSegment, metaSegment, keeperRate);
    }

    public WriterOptions withOutbox(long bytes) {
        return new WriterOptions(
                blocks, compressors, commitInterval, linger, bytes, patience, dataSegment, metaSegment, keeperRate);
    }

    public WriterOptions withPatience(Duration duration) {
        return new WriterOptions(
                blocks, compressors, commitInterval, linger, outbox, duration, dataSegment, metaSegment, keeperRate);
    }

    public WriterOptions withKeeperRate(long bytes) {
        return new WriterOptions(
                blocks, compressors, commitInterval, linger, outbox, patience, dataSegment, metaSegment, bytes);
    }
}
