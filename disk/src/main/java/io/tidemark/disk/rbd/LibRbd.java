// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

/**
 * The calls of librbd that Tidemark uses (rbd/librbd.h). Handles and pointers are plain addresses. What fails returns a negative errno.
 * Calls with more than four arguments are in {@link WideCalls}.
 */
public interface LibRbd {
    void rbd_image_options_create(long options);

    void rbd_image_options_destroy(long options);

    int rbd_image_options_set_uint64(long options, int option, long value);

    int rbd_create4(long ioctx, String name, long size, long options);

    int rbd_remove(long ioctx, String name);

    int rbd_list(long ioctx, long names, long size);

    int rbd_namespace_create(long ioctx, String name);

    int rbd_open(long ioctx, String name, long image, long snapshot);

    int rbd_open_read_only(long ioctx, String name, long image, String snapshot);

    int rbd_close(long image);

    int rbd_get_id(long image, long id, long length);

    int rbd_get_size(long image, long size);

    int rbd_resize(long image, long size);

    long rbd_read(long image, long offset, long length, long buffer);

    long rbd_write(long image, long offset, long length, long buffer);

    int rbd_discard(long image, long offset, long length);

    int rbd_flush(long image);

    int rbd_lock_acquire(long image, int mode);

    int rbd_lock_release(long image);

    int rbd_is_exclusive_lock_owner(long image, long owner);

    int rbd_watchers_list(long image, long watchers, long count);

    void rbd_watchers_list_cleanup(long watchers, long count);

    int rbd_stat(long image, long info, long size);

    int rbd_get_features(long image, long features);

    int rbd_lock_get_owners(long image, long mode, long owners, long count);

    void rbd_lock_get_owners_cleanup(long owners, long count);

    int rbd_lock_break(long image, int mode, String owner);

    int rbd_metadata_get(long image, String key, long value, long length);

    int rbd_metadata_set(long image, String key, String value);

    int rbd_set_image_notification(long image, int file, int type);
}
