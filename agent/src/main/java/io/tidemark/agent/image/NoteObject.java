// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import io.tidemark.cdp.restore.NotePlace;
import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageException.Code;
import io.tidemark.disk.ImageName;
import io.tidemark.disk.rbd.Cluster;
import io.tidemark.disk.rbd.Pool;
import io.tidemark.disk.rbd.PoolObject;
import io.tidemark.disk.rbd.RbdName;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;

/**
 * The note of an image in a cluster: the object {@code tidemark.restore.IMAGE} in its pool and namespace. The connection is its own, because
 * the note is there before the image is. It is changed by who has seen what it says last: a process that another has taken the image from
 * changes nothing any more.
 */
final class NoteObject implements NotePlace {
    private static final String PREFIX = "tidemark.restore.";

    private final ImageName name;
    private final RbdName image;
    private Optional<Connection> connection = Optional.empty();

    /** What was seen last. */
    private long version = PoolObject.NONE;

    NoteObject(ImageName name, RbdName image) {
        this.name = name;
        this.image = image;
    }

    private record Connection(Cluster cluster, Pool pool) {}

    /** One use of the object. */
    private interface Use<T> {
        T of(PoolObject object) throws IOException;
    }

    private <T> T with(Use<T> use) {
        try {
            if (connection.isEmpty()) {
                connection = Optional.of(connect());
            }
            return use.of(connection.get().pool.object(PREFIX + image.image()));
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private Connection connect() throws IOException {
        Cluster cluster = Cluster.connect(image.address());
        try {
            return new Connection(cluster, cluster.pool(image.pool(), image.namespace()));
        } catch (IOException | RuntimeException e) {
            cluster.close();
            throw e;
        }
    }

    @Override
    public Optional<byte[]> read() {
        Optional<PoolObject.Content> found = with(object -> object.read(LARGEST + 1));
        version = found.map(PoolObject.Content::version).orElse(PoolObject.NONE);
        return found.map(PoolObject.Content::bytes);
    }

    @Override
    public void replace(byte[] content) {
        version = with(object -> object.replace(content, version)).orElseThrow(this::changed);
    }

    @Override
    public void remove() {
        if (version != PoolObject.NONE) {
            if (!with(object -> object.remove(version))) {
                throw changed();
            }
            version = PoolObject.NONE;
        }
    }

    private ImageException changed() {
        return new ImageException(
                Code.IN_USE,
                "image " + name + ": another process restores into it, too, and has changed or removed " + this
                        + "; wait for its end");
    }

    private ImageException failure(IOException e) {
        String what = "image " + name + ": ";
        return switch (e) {
            case NoSuchFileException _ ->
                new ImageException(
                        Code.NOT_FOUND, what + "there is no " + e.getMessage() + "; make it, or mend the name", e);
            case AccessDeniedException _ ->
                new ImageException(
                        Code.NO_PERMISSION,
                        what + "the cluster doesn't let this client look for an unfinished restore (" + e.getMessage()
                                + "); name another with :id=ID and :keyring=FILE, or mend its caps",
                        e);
            default -> new ImageException(Code.IO, what + e.getMessage(), e);
        };
    }

    @Override
    public String removal() {
        String namespace = image.namespace().isEmpty() ? "" : " --namespace " + image.namespace();
        return "delete that object (rados --pool " + image.pool() + namespace + " rm " + PREFIX + image.image() + ")";
    }

    @Override
    public String toString() {
        String where = image.namespace().isEmpty() ? image.pool() : image.pool() + "/" + image.namespace();
        return "object " + PREFIX + image.image() + " in pool " + where;
    }

    @Override
    public void close() {
        connection.ifPresent(open -> {
            open.pool.close();
            open.cluster.close();
        });
        connection = Optional.empty();
    }
}
