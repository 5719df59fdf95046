// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.AgentException;
import io.tidemark.cdp.StoreName;
import io.tidemark.filters.capture.Durability;
import io.tidemark.filters.throttle.Limit;
import io.tidemark.filters.throttle.LimitKind;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DiskOptionTest {
    private static final String DISK = "id=vda,image=raw:/a,socket=/s";

    @Test
    void allKeys() {
        DiskConfig disk =
                DiskOption.parse(DISK + ",queues=4,read-only=on,store=/st,state=/sd,durability=flush,spool=256M");
        assertThat(disk.id()).isEqualTo("vda");
        assertThat(disk.image()).isEqualTo("raw:/a");
        assertThat(disk.socket()).isEqualTo(Path.of("/s"));
        assertThat(disk.queues()).isEqualTo(4);
        assertThat(disk.readOnly()).isTrue();
        assertThat(disk.store()).contains(StoreName.parse("/st"));
        assertThat(disk.state().directory()).isEqualTo(Path.of("/sd"));
        assertThat(disk.durability()).isEqualTo(Durability.FLUSH);
        assertThat(disk.spool()).isEqualTo(256 << 20);
    }

    @Test
    void defaults() {
        DiskConfig disk = DiskOption.parse(DISK);
        assertThat(disk.queues()).isEqualTo(1);
        assertThat(disk.readOnly()).isFalse();
        assertThat(disk.store()).isEmpty();
        assertThat(disk.state()).isEqualTo(StateFolder.byDefault());
        assertThat(disk.durability()).isEqualTo(Durability.ASYNC);
        assertThat(disk.spool()).isEqualTo(1 << 30);
        assertThat(disk.throttle().isNone()).isTrue();
    }

    @Test
    void limits() {
        DiskConfig disk = DiskOption.parse(DISK + ",throttle.iops-read=2K,throttle.bps=1G,throttle.bps-burst=64K");
        assertThat(disk.throttle().byKind())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of(LimitKind.IOPS_READ, new Limit(2000, 200), LimitKind.BPS, new Limit(1 << 30, 65536)));
    }

    @Test
    void doubledCommaIsOneInTheValue() {
        assertThat(DiskOption.parse("id=a,image=raw:/x,,y,socket=/s").image()).isEqualTo("raw:/x,y");
    }

    @Test
    void relativePathsBecomeAbsolute() {
        assertThat(DiskOption.parse("id=a,image=raw:x,socket=s").socket()).isAbsolute();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    id=vda,image=raw:/a                       | --disk: socket is missing; add socket=PATH
                    image=raw:/a,socket=/s                    | --disk: id is missing; add id=ID
                    id=vda,socket=/s                          | --disk: image is missing; add image=raw:PATH
                    id=vda,image=,socket=/s                   | --disk: image is missing; add image=raw:PATH
                    id=vda,image=raw:/a,socket=/s,size=3      | --disk: unknown key size; a disk has id, image, socket, queues, read-only, store, state, durability, spool, retention, quota, throttle
                    id=vda,throttle.speed=3                   | --disk: unknown key speed; a throttle has iops, iops-burst, iops-read, iops-read-burst, iops-write, iops-write-burst, bps, bps-burst, bps-read, bps-read-burst, bps-write, bps-write-burst
                    id=vda,image=raw:/a,socket=/s,throttle.iops=0 | --disk: throttle: iops=0 is out of range; choose 1 to 10000000, or leave it out for no limit
                    id=vda,image=raw:/a,socket=/s,throttle.bps=9999999T | --disk: bps=9999999T is not valid; give a number, as 2000, 20K or 100M
                    id=vda,image=raw:/a,socket=/s,throttle.bps=1i | --disk: bps=1i is not valid; give a number, as 2000, 20K or 100M
                    id=vda,id=vdb                             | --disk: id is given twice; give it once
                    id=vda,nonsense                           | --disk: "nonsense" has no key; write KEY=VALUE,KEY=VALUE (a comma in a value twice)
                    id=vda,image=raw:/a,socket=/s,queues=x    | --disk: queues=x is not valid; give a number
                    id=vda,image=raw:/a,socket=/s,queues=0    | --disk: disk vda: queues=0 is out of range; choose 1 to 64
                    id=vda,image=raw:/a,socket=/s,read-only=maybe | --disk: read-only=maybe is not valid; say on or off
                    id=vda,image=raw:/a,socket=/s,store=      | --disk: store= is not valid; name a directory, or rbd:POOL[/NAMESPACE]
                    id=-x,image=raw:/a,socket=/s              | --disk: disk -x: no valid disk id; use up to 64 letters, digits and . _ -, no . _ - first
                    id=vda,image=nbd:/a,socket=/s             | --disk: disk vda: image nbd:/a is of no known kind; name it raw:PATH or qcow2:PATH
                    id=vda,image=raw:,socket=/s               | --disk: disk vda: image raw: is of no known kind; name it raw:PATH or qcow2:PATH
                    """)
    void mistakesAreNamed(String text, String message) {
        assertThatThrownBy(() -> DiskOption.parse(text))
                .isInstanceOfSatisfying(
                        AgentException.class, e -> assertThat(e.code()).isEqualTo(AgentException.Code.USAGE))
                .hasMessage(message);
    }

    @Test
    void socketPathsHaveALimit() {
        assertThatThrownBy(() -> DiskOption.parse("id=a,image=raw:/x,socket=/" + "s".repeat(107)))
                .hasMessageContaining("longer than the 107 bytes");
        assertThat(DiskOption.parse("id=a,image=raw:/x,socket=/" + "s".repeat(106))
                        .socket())
                .isAbsolute();
    }
}
