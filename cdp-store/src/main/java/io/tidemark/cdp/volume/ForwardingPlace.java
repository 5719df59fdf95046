// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Hands everything on to another place, but for what a subclass does otherwise. */
abstract class ForwardingPlace implements StorePlace {
    private final StorePlace to;

    ForwardingPlace(StorePlace to) {
        this.to = to;
    }

    @Override
    public String name() {
        return to.name();
    }

    @Override
    public List<String> places() throws IOException {
        return to.places();
    }

    @Override
    public void make(String... volumes) throws IOException {
        to.make(volumes);
    }

    @Override
    public List<String> files() throws IOException {
        return to.files();
    }

    @Override
    public boolean has(String file) throws IOException {
        return to.has(file);
    }

    @Override
    public byte[] read(String file) throws IOException {
        return to.read(file);
    }

    @Override
    public void removeUnfinished(InHand inHand) throws IOException {
        to.removeUnfinished(inHand);
    }

    @Override
    public Optional<Lease> take(String lease) throws IOException {
        return to.take(lease);
    }

    @Override
    public boolean isTaken(String lease) throws IOException {
        return to.isTaken(lease);
    }
}
