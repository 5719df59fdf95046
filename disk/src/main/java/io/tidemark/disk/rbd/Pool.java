// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import io.tidemark.disk.posix.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A pool of a cluster, or a namespace in it: where images are. May be used by any thread. */
public final class Pool implements AutoCloseable {
    /** Numbers of image options (rbd/librbd.h). */
    private static final int OPTION_FEATURES = 1;

    private static final int OPTION_ORDER = 2;

    /** Besides those that the cluster gives by default. */
    private static final int OPTION_FEATURES_SET = 8;

    final Ceph ceph;
    final long handle;
    private final String name;
    private final String namespace;

    Pool(Ceph ceph, long handle, String name, String namespace) {
        this.ceph = ceph;
        this.handle = handle;
        this.name = namespace.isEmpty() ? name : name + "/" + namespace;
        this.namespace = namespace;
        ceph.rados.rados_ioctx_set_namespace(handle, namespace);
    }

    /** As users write it: POOL or POOL/NAMESPACE. */
    public String name() {
        return name;
    }

    /** What no other pool of its cluster has. */
    long id() {
        return ceph.rados.rados_ioctx_get_id(handle);
    }

    /** Makes the namespace, if there is one and it isn't there yet. */
    public void makeNamespace() throws IOException {
        if (namespace.isEmpty()) {
            return;
        }
        int result = ceph.rbd.rbd_namespace_create(handle, namespace);
        if (result != -Errno.EEXIST) {
            Ceph.check(result, "namespace " + name);
        }
    }

    /** Makes an image that reads as zeros. */
    public void create(String image, long bytes, RbdFeature... features) throws IOException {
        create(image, bytes, RbdFeature.bits(features), OptionalInt.empty());
    }

    /** Likewise, with the features that the cluster gives new images, and an exclusive lock. */
    void create(String image, long bytes, OptionalInt objectBits) throws IOException {
        create(image, bytes, 0, objectBits);
    }

    /** @param objectBits objects are two to the power of so many bytes large */
    private void create(String image, long bytes, long features, OptionalInt objectBits) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var options = arena.allocate(ValueLayout.JAVA_LONG);
            ceph.rbd.rbd_image_options_create(options.address());
            long handleOfOptions = options.get(ValueLayout.JAVA_LONG, 0);
            try {
                if (features != 0) {
                    set(handleOfOptions, OPTION_FEATURES, features, image);
                } else {
                    set(handleOfOptions, OPTION_FEATURES_SET, RbdFeature.bits(RbdFeature.EXCLUSIVE_LOCK), image);
                }
                if (objectBits.isPresent()) {
                    set(handleOfOptions, OPTION_ORDER, objectBits.getAsInt(), image);
                }
                Ceph.check(ceph.rbd.rbd_create4(handle, image, bytes, handleOfOptions), path(image));
            } finally {
                ceph.rbd.rbd_image_options_destroy(handleOfOptions);
            }
        }
    }

    private void set(long options, int option, long value, String image) throws IOException {
        Ceph.check(ceph.rbd.rbd_image_options_set_uint64(options, option, value), "options of " + path(image));
    }

    public void remove(String image) throws IOException {
        Ceph.check(ceph.rbd.rbd_remove(handle, image), path(image));
    }

    /** The names of all images. */
    public List<String> images() throws IOException {
        for (int room = 64 << 10; ; room *= 2) {
            try (var arena = Arena.ofConfined()) {
                var names = arena.allocate(room);
                var size = arena.allocateFrom(ValueLayout.JAVA_LONG, room);
                int result = ceph.rbd.rbd_list(handle, names.address(), size.address());
                if (result == -Errno.ERANGE) {
                    continue;
                }
                if (result == -Errno.ENOENT) {
                    return List.of();
                }
                return split(names, Ceph.check(result, "images of " + name));
            }
        }
    }

    private static List<String> split(MemorySegment names, int bytes) {
        var found = new ArrayList<String>();
        for (long at = 0; at < bytes; ) {
            var one = names.getString(at);
            found.add(one);
            at += one.getBytes(StandardCharsets.UTF_8).length + 1;
        }
        return found;
    }

    /** Opens an image that others may change meanwhile. */
    public RbdImage open(String image) throws IOException {
        return RbdImage.open(this, image);
    }

    /** Opens an image to be read. The cluster doesn't learn of it. */
    public RbdImage openReadOnly(String image) throws IOException {
        return openReadOnly(image, Optional.empty());
    }

    /** Likewise as it was at a snapshot, where one is named. */
    RbdImage openReadOnly(String image, Optional<String> snapshot) throws IOException {
        return RbdImage.openReadOnly(this, image, snapshot);
    }

    /** A small map that is kept under a name beside the images. */
    public PoolMap map(String map) {
        return new PoolMap(this, map);
    }

    /** Content that is kept under a name beside the images. */
    public PoolObject object(String object) {
        return new PoolObject(this, object);
    }

    /** Changes an object; it is on stable storage when this returns. @return 0 or a negative errno */
    int change(String object, ObjectChange change) {
        long operation = ceph.rados.rados_create_write_op();
        try (var arena = Arena.ofConfined()) {
            change.describe(operation, arena);
            return ceph.wide.writeOperate(operation, handle, arena.allocateFrom(object));
        } finally {
            ceph.rados.rados_release_write_op(operation);
        }
    }

    String path(String image) {
        return "rbd:" + name + "/" + image;
    }

    @Override
    public void close() {
        ceph.rados.rados_ioctx_destroy(handle);
    }
}
