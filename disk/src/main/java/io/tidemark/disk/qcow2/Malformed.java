// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

/** The bytes of an image can't be what they claim to be. The message says why, in the middle of a sentence. */
final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Malformed(String why) {
        super(why);
    }
}
