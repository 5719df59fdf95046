// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import java.io.IOException;
import java.util.Optional;

/**
 * The right to write an image: its exclusive lock, which librbd takes on behalf of a client, and which the cluster enforces by locking
 * out whom it is taken from.
 */
final class ImageTenure {
    private final String name;
    private final RbdImage image;

    /** @param name for messages */
    ImageTenure(String name, RbdImage image) {
        this.name = name;
        this.image = image;
    }

    /**
     * Takes it, or leaves it as it was.
     *
     * @return how the cluster calls who has it now
     * @throws ImageException with IN_USE, naming who has it
     */
    String take() throws IOException {
        Optional<String> owner = image.lockOwner();
        Optional<Holder> holder = owner.flatMap(this::noted);
        if (holder.isPresent() && holder.get().isDead()) {
            image.breakLock(owner.get());
        }
        if (!image.lock()) {
            throw inUse(owner, holder);
        }
        try {
            String self = image.lockOwner().orElseThrow(() -> new IOException("its lock was lost at once; try again"));
            image.note(Holder.KEY, Holder.self(self).toString());
            return self;
        } catch (Throwable e) {
            giveBack(e);
            throw e;
        }
    }

    /** Gives up what was taken just now, after a failure. */
    void giveBack(Throwable why) {
        try {
            image.unlock();
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    /**
     * For who only reads, and can't keep others from writing it later.
     *
     * @throws ImageException with IN_USE when a client that may be alive has the lock
     */
    void refuseIfTaken() throws IOException {
        Optional<String> owner = image.lockOwnerSeen();
        Optional<Holder> holder = owner.flatMap(this::noted);
        boolean dead = holder.isPresent() && holder.get().isDead();
        if (owner.isPresent() && !dead && image.watchers() > 0) {
            throw inUse(owner, holder);
        }
    }

    private Optional<Holder> noted(String owner) {
        try {
            return image.note(Holder.KEY)
                    .flatMap(Holder::parse)
                    .filter(holder -> holder.owner().equals(owner));
        } catch (IOException _) {
            return Optional.empty(); // then it isn't known who it is
        }
    }

    private ImageException inUse(Optional<String> owner, Optional<Holder> holder) {
        String who = holder.map(known -> "a Tidemark agent has it open, " + known.describe())
                .orElseGet(() -> "another client has it open"
                        + owner.map(at -> ", " + at).orElse(""));
        return new ImageException(Code.IN_USE, "image " + name + ": " + who + "; stop that one first");
    }
}
