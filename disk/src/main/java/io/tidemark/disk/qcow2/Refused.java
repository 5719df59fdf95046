// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/** An image is sound, but can't be served. The message says why and what to do, in the middle of a sentence. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    Refused(String why, String remedy) {
        super(why + "; " + remedy);
    }
}
