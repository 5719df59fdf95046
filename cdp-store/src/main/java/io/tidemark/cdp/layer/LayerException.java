// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.layer;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;

/** A layer file that can't be believed, or isn't there. Who knows another way to the same content goes on without it. */
public final class LayerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int file;

    LayerException(String volume, int file, String reason, Throwable cause) {
        super(volume + "/" + LayerFormat.name(file) + ": " + reason, cause);
        this.file = file;
    }

    /** The number of the layer file. */
    public int file() {
        return file;
    }

    /** For where there is no other way. */
    public StoreException asDamage() {
        return new StoreException(
                Code.DAMAGED,
                getMessage() + ": bring it back from a copy of the store, or let an agent that writes this history make"
                        + " it anew",
                this);
    }
}
