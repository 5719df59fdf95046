// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Hands what changes nothing on to another segment. */
abstract class ForwardingSegment implements Segment {
    private final Segment to;

    ForwardingSegment(Segment to) {
        this.to = to;
    }

    @Override
    public long size() throws IOException {
        return to.size();
    }

    @Override
    public void read(long at, MemorySegment into) throws IOException {
        to.read(at, into);
    }

    @Override
    public void close() throws IOException {
        to.close();
    }
}
