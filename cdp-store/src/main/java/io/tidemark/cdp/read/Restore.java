// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.read;

/** Writes a past disk to a target. */
public final class Restore {
    private Restore() {}

    /**
     * Writes all content in the order in which it lies in the store, so that each block is read and unpacked once, then
     * zeros where they are needed; flushes at the end.
     *
     * @return the bytes of content written
     */
    public static long run(PastView view, RestoreTarget target, Progress progress) {
        int[] order = view.inPlaceOrder();
        long total = 0;
        for (int extent : order) {
            total += view.extent(extent).length();
        }
        long done = 0;
        progress.at(0, total);
        for (int extent : order) {
            var content = view.content(extent);
            target.write(view.extent(extent).offset(), content);
            done += content.byteSize();
            progress.at(done, total);
        }
        if (!target.isFresh()) {
            zeros(view, target);
        }
        target.flush();
        return total;
    }

    private static void zeros(PastView view, RestoreTarget target) {
        long at = 0;
        for (int i = 0; i < view.extentCount(); i++) {
            var extent = view.extent(i);
            if (extent.isData()) {
                zero(target, at, extent.offset());
                at = extent.end();
            }
        }
        zero(target, at, view.capacity());
    }

    private static void zero(RestoreTarget target, long from, long to) {
        if (from < to) {
            target.zero(from, to - from);
        }
    }
}
