// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.raw;

import io.tidemark.disk.BlockDevice;
import io.tidemark.disk.Completion;
import io.tidemark.disk.Loop;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.LateFault;

/**
 * A loop's way to a raw image in memory: where its pages are known to be there, requests are copied from and to them at once; all
 * others go on to the device below, and what that has written is known from then on.
 *
 * <p>Where a page was not there after all (the file was cut, or punched on a full file system), the JVM turns the
 * fault into an error that ends the copy, and the device below, which does the request again, finds out what the matter is.
 */
final class MappedDevice implements BlockDevice, Completion {
    private final MappedFile file;
    private final DataMap data;
    private final BlockDevice below;
    private final LateFault fault = new LateFault();

    /** By request id: the map's stamp from before it was submitted. */
    private final long[] stamps;

    MappedDevice(Loop loop, MappedFile file, BlockDevice below) {
        this.file = file;
        this.data = file.data();
        this.below = below;
        this.stamps = new long[loop.requests()];
    }

    @Override
    public void submit(Request request) {
        if (!file.reaches(request.end())) {
            below.submit(request);
            return;
        }
        switch (request.kind()) {
            case READ -> read(request);
            case WRITE -> write(request);
            // There is nothing more stable that memory could be brought to.
            case FLUSH -> request.complete(0);
            case DISCARD -> punch(request);
            case WRITE_ZEROES -> {
                if (request.mayUnmap()) {
                    punch(request);
                } else {
                    allocate(request);
                }
            }
        }
    }

    private void read(Request request) {
        if (!data.isData(request.offset(), request.end())) {
            below.submit(request);
        } else if (request.data().copyFrom(file.memory(), request.offset(), fault)) {
            request.complete(0);
        } else {
            data.vanished(request.offset(), request.end());
            below.submit(request);
        }
    }

    private void write(Request request) {
        if (!data.isData(request.offset(), request.end())) {
            allocate(request);
        } else if (request.data().copyTo(file.memory(), request.offset(), fault)) {
            request.complete(0);
        } else {
            data.vanished(request.offset(), request.end());
            allocate(request);
        }
    }

    /** A change by which the file gets the pages that it hasn't yet. */
    private void allocate(Request request) {
        stamps[request.id()] = data.stamp(request.offset(), request.end());
        request.onCompletion(this);
        below.submit(request);
    }

    private void punch(Request request) {
        data.beginPunch(request.offset(), request.end());
        request.onCompletion(this);
        below.submit(request);
    }

    @Override
    public void completed(Request request, int status) {
        if (request.kind() == Request.Kind.DISCARD || request.mayUnmap()) {
            data.endPunch(request.offset(), request.end());
        } else if (status == 0) {
            data.add(request.offset(), request.end(), stamps[request.id()]);
        }
        request.complete(status);
    }
}
