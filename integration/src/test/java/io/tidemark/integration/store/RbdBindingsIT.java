// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.cdp.StoreName;
import io.tidemark.disk.rbd.Cluster;
import io.tidemark.disk.rbd.ClusterAddress;
import io.tidemark.disk.rbd.Pool;
import io.tidemark.disk.rbd.RbdFeature;
import io.tidemark.disk.rbd.RbdImage;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each native call does what it says, seen by its effect. */
class RbdBindingsIT {
    private final StoreName.InPool name = (StoreName.InPool) Ceph.newStore();
    private Cluster cluster;
    private Pool pool;

    @BeforeEach
    void connect() throws IOException {
        cluster = Cluster.connect(name.pool().address());
        pool = cluster.pool("rbd", name.pool().namespace());
        pool.makeNamespace();
        pool.makeNamespace();
    }

    @AfterEach
    void disconnect() {
        pool.close();
        cluster.close();
    }

    @Test
    void imagesAreMadeListedGrownAndRemoved() throws IOException {
        assertThat(pool.images()).isEmpty();
        pool.create("b", 1 << 20, RbdFeature.LAYERING);
        pool.create("a", 8 << 20, RbdFeature.LAYERING, RbdFeature.EXCLUSIVE_LOCK);
        assertThat(pool.images()).containsExactly("a", "b");
        assertThatThrownBy(() -> pool.create("a", 1 << 20, RbdFeature.LAYERING))
                .isInstanceOf(FileAlreadyExistsException.class);
        try (RbdImage image = pool.open("b")) {
            assertThat(image.size()).isEqualTo(1 << 20);
            image.resize(5L << 30);
            assertThat(image.size()).isEqualTo(5L << 30);
        }
        assertThat(Ceph.cluster().rbd("info", "rbd/" + name.pool().namespace() + "/b"))
                .contains("size 5 GiB", "features: layering\n");
        assertThat(Ceph.cluster().rbd("info", "rbd/" + name.pool().namespace() + "/a"))
                .contains("features: layering, exclusive-lock\n");
        pool.remove("b");
        assertThat(pool.images()).containsExactly("a");
        assertThatThrownBy(() -> pool.open("b")).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> pool.remove("b")).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void whatIsWrittenIsReadZeroedAndDiscarded() throws IOException {
        pool.create("a", 16 << 20, RbdFeature.LAYERING);
        try (var arena = Arena.ofConfined();
                RbdImage image = pool.open("a")) {
            MemorySegment written = arena.allocate(8 << 20).fill((byte) 7);
            written.set(ValueLayout.JAVA_LONG, 8, 0x1122334455667788L);
            image.write(3 << 20, written);
            image.flush();
            image.writeZeroes((3 << 20) + 4096, 4096);
            image.discard(8 << 20, 4 << 20);
            image.flush();
            written.asSlice(4096, 4096).fill((byte) 0);
            written.asSlice(5 << 20).fill((byte) 0);
            MemorySegment read = arena.allocate(8 << 20);
            try (RbdImage other = pool.openReadOnly("a")) {
                other.read(3 << 20, read);
                assertThat(read.mismatch(written)).isEqualTo(-1);
                assertThatThrownBy(() -> other.read(12 << 20, read)).isInstanceOf(EOFException.class);
                assertThatThrownBy(() -> other.write(0, read)).hasMessageContaining("Read-only");
            }
        }
    }

    @Test
    void theLockHasOneOwner() throws IOException {
        pool.create("a", 4096, RbdFeature.LAYERING, RbdFeature.EXCLUSIVE_LOCK);
        try (Cluster another = Cluster.connect(name.pool().address());
                Pool theirs = another.pool("rbd", name.pool().namespace());
                RbdImage here = pool.open("a")) {
            assertThat(here.isLockOwner()).isFalse();
            assertThat(here.lock()).isTrue();
            assertThat(here.isLockOwner()).isTrue();
            try (RbdImage there = theirs.open("a")) {
                assertThat(there.lock()).isFalse();
                assertThat(there.isLockOwner()).isFalse();
                assertThat(there.watchers()).isEqualTo(2);
            }
            assertThat(here.watchers()).isEqualTo(1);
            here.close();
            try (RbdImage there = theirs.open("a")) {
                assertThat(there.lock()).isTrue();
            }
        }
    }

    @Test
    void mapsKeepNamesAndValues() throws IOException {
        var map = pool.map("m");
        assertThat(map.exists()).isFalse();
        assertThat(map.get("a")).isEmpty();
        assertThatThrownBy(() -> map.keys("")).isInstanceOf(NoSuchFileException.class);
        map.make();
        assertThat(map.exists()).isTrue();
        map.put("x:a", new byte[] {1, 2});
        map.put("y:b", new byte[300_000]);
        assertThat(map.putIfAbsent("x:a", new byte[] {3})).isFalse();
        assertThat(map.putIfAbsent("x:c", new byte[] {4})).isTrue();
        assertThat(map.get("x:a")).hasValueSatisfying(value -> assertThat(value).containsExactly(1, 2));
        assertThat(map.get("y:b")).hasValueSatisfying(value -> assertThat(value).hasSize(300_000));
        assertThat(map.keys("x:")).containsExactly("a", "c");
        map.remove("x:a");
        assertThat(map.keys("x:")).containsExactly("c");
        for (int i = 0; i < 1100; i++) {
            map.put("z:" + (10_000 + i), new byte[] {1});
        }
        assertThat(map.keys("z:")).hasSize(1100).isSorted();
    }

    @Test
    void whoIsNotKnownOrNotThereIsTold() {
        var unknown =
                new ClusterAddress(Optional.of("nobody"), name.pool().address().conf(), Optional.empty());
        assertThatThrownBy(() -> Cluster.connect(unknown)).isInstanceOf(IOException.class);
        var nowhere = new ClusterAddress(Optional.empty(), Optional.of("/nowhere/ceph.conf"), Optional.empty());
        assertThatThrownBy(() -> Cluster.connect(nowhere)).hasMessageContaining("/nowhere/ceph.conf");
        assertThatThrownBy(() -> cluster.pool("none", "")).hasMessageContaining("none");
    }
}
