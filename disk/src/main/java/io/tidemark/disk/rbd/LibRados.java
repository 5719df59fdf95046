// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

/**
 * The calls of librados that Tidemark uses (rados/librados.h). Handles and pointers are plain addresses. What fails returns a negative
 * errno. Calls with more than four arguments are in {@link WideCalls}.
 */
public interface LibRados {
    int rados_create(long cluster, String id);

    int rados_conf_read_file(long cluster, String path);

    int rados_conf_parse_env(long cluster, String variable);

    int rados_conf_set(long cluster, String option, String value);

    int rados_connect(long cluster);

    void rados_shutdown(long cluster);

    int rados_cluster_fsid(long cluster, long text, long length);

    int rados_ioctx_create(long cluster, String pool, long ioctx);

    void rados_ioctx_destroy(long ioctx);

    long rados_ioctx_get_id(long ioctx);

    void rados_ioctx_set_namespace(long ioctx, String namespace);

    int rados_stat(long ioctx, String object, long size, long time);

    long rados_create_write_op();

    void rados_release_write_op(long operation);

    void rados_write_op_create(long operation, int exclusive, long category);

    void rados_write_op_assert_exists(long operation);

    void rados_write_op_assert_version(long operation, long version);

    void rados_write_op_write_full(long operation, long buffer, long length);

    void rados_write_op_remove(long operation);

    void rados_write_op_omap_rm_keys(long operation, long keys, long count);

    long rados_get_last_version(long ioctx);

    long rados_create_read_op();

    void rados_release_read_op(long operation);

    int rados_read_op_operate(long operation, long ioctx, String object, int flags);

    int rados_omap_get_next(long iterator, long key, long value, long length);

    void rados_omap_get_end(long iterator);
}
