// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.ImageException;
import io.tidemark.disk.ImageName;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RbdNameTest {
    @Test
    void namesAreTakenApart() {
        assertThat(RbdName.parse("pool/name"))
                .contains(new RbdName("pool", "", "name", Optional.empty(), ClusterAddress.DEFAULT));
        assertThat(RbdName.parse("pool/space/name@then:id=vm:conf=/etc/ceph/b.conf:keyring=/k"))
                .contains(new RbdName(
                        "pool",
                        "space",
                        "name",
                        Optional.of("then"),
                        new ClusterAddress(Optional.of("vm"), Optional.of("/etc/ceph/b.conf"), Optional.of("/k"))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "pool",
                "pool/",
                "/name",
                "pool/a/b/c",
                "pool/a@",
                "pool/a@b@c",
                "pool/a:",
                "pool/a:id",
                "pool/a:id=",
                "pool/a:secret=x",
                "pool/a b"
            })
    void otherTextsAreRefused(String text) {
        assertThat(RbdName.parse(text)).isEmpty();
        assertThatThrownBy(() -> ImageName.parse("rbd:" + text))
                .isInstanceOfSatisfying(
                        ImageException.class, e -> assertThat(e.code()).isEqualTo(ImageException.Code.BAD_NAME))
                .hasMessageContaining("write rbd:POOL/NAME");
        assertThatThrownBy(() -> ImageName.parse("qcow2:rbd:" + text)).isInstanceOf(ImageException.class);
    }

    @Test
    void imagesThatLieInOthersAreNamed() {
        ImageName name = ImageName.parse("qcow2:rbd:pool/name:id=vm");
        assertThat(name.kind()).isEqualTo(ImageName.Kind.QCOW2);
        assertThat(name.file()).isEmpty();
        assertThat(name.toString()).isEqualTo("qcow2:rbd:pool/name:id=vm");
        assertThat(ImageName.parse("raw:/a/b").file()).isPresent();
    }
}
