// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.cdp.keep.RetentionRules;
import io.tidemark.filters.throttle.Limit;
import io.tidemark.filters.throttle.LimitKind;
import io.tidemark.filters.throttle.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigFileTest {
    @TempDir
    Path folder;

    @Test
    void everythingGiven() throws IOException {
        AgentConfig config = read("""
                # one VM
                control: /run/c.sock
                disks:
                  - id: vda
                    image: raw:/a
                    socket: /s
                    queues: 2
                    read-only: on
                    store: /st
                  - id: vdb
                    image: raw:/b
                    socket: /t
                """);
        assertThat(config.control()).contains(Path.of("/run/c.sock"));
        assertThat(config.disks()).hasSize(2);
        assertThat(config.disks().getFirst())
                .isEqualTo(DiskOption.parse("id=vda,image=raw:/a,socket=/s,queues=2,read-only=on,store=/st"));
    }

    @Test
    void unknownKeysAreRefusedWithTheirLine() throws IOException {
        wrong("disks: []\ncolour: red\n", "vm.yaml:2: unknown key colour; there are control and disks");
        wrong(
                "disks:\n  - id: a\n    colour: red\n",
                "vm.yaml:3: unknown key colour; a disk has id, image, socket, queues, read-only, store, state, durability, spool, retention, quota, throttle");
    }

    @Test
    void wrongValuesAreRefusedWithTheirLine() throws IOException {
        wrong(
                "disks:\n  - id: a\n    image: raw:/a\n    queues: many\n    socket: /s\n",
                "vm.yaml:4: queues=many is not valid; give a number");
        wrong("disks:\n  - id: a\n", "vm.yaml:2: image is missing; add image=raw:PATH");
        wrong("disks:\n  - id: [a, b]\n", "vm.yaml:2: id holds more than one value; give one");
        wrong("disks:\n  - id: a\n    id: b\n", "vm.yaml:3: id is given twice; give it once");
    }

    @Test
    void aThrottleHasKeysOfItsOwn() throws IOException {
        AgentConfig config = read("""
                disks:
                  - id: vda
                    image: raw:/a
                    socket: /s
                    throttle:
                      iops: 2000
                      iops-burst: 4000
                      bps-write: 100M
                  - id: vdb
                    image: raw:/b
                    socket: /t
                """);
        assertThat(config.disks().getFirst().throttle())
                .isEqualTo(new Limits(Map.of(
                        LimitKind.IOPS, new Limit(2000, 4000), LimitKind.BPS_WRITE, new Limit(100 << 20, 10 << 20))));
        assertThat(config.disks().getLast().throttle().isNone()).isTrue();
        String disk = "disks:\n  - id: a\n    image: raw:/a\n    socket: /s\n    throttle:";
        wrong(disk + " 3\n", "vm.yaml:5: here must be a throttle's keys and values; see serve --help for an example");
        wrong(disk + "\n      iops: 1\n      iops: 2\n", "vm.yaml:7: iops is given twice; give it once");
        wrong(disk + "\n      iops: fast\n", "vm.yaml:6: iops=fast is not valid; give a number, as 2000, 20K or 100M");
        wrong(disk + "\n      bps-burst: 1\n", "vm.yaml:6: bps-burst has no bps to go above; give both");
    }

    @Test
    void whatIsKeptOfAHistory() throws IOException {
        String disk = "disks:\n  - id: a\n    image: raw:/a\n    socket: /s\n    store: /st\n";
        AgentConfig config = read(disk + """
                    retention:
                      - {for: 12h, every: write}
                      - {for: 24h, every: 1h}
                      - {for: 3d, every: 1d}
                    quota: 50G
                """);
        Retention expected = new Retention(RetentionRules.parse("12h:write/24h:1h/3d:1d"), OptionalLong.of(50L << 30));
        assertThat(config.disks().getFirst().retention()).contains(expected);
        assertThat(DiskOption.parse("id=a,image=raw:/a,socket=/s,store=/st,retention=12h:write/24h:1h/3d:1d,quota=50G")
                        .retention())
                .contains(expected);
        assertThat(read(disk).disks().getFirst().retention()).isEmpty();
        wrong(disk + "    quota: 0\n", "vm.yaml:6: quota=0 is not valid; give bytes, as 50G, or none");
        wrong(
                disk + "    retention:\n      - {for: 12h}\n",
                "vm.yaml:7: a rule is incomplete; write both, as {for: 12h, every: write}");
        wrong(
                disk + "    retention:\n      - {for: 1d, every: 1h}\n      - {for: 2d, every: write}\n",
                "vm.yaml:6: retention rule 2d:write: only the first rule can keep every write; give it a step, as 1h");
        wrong(
                disk + "    retention:\n      - 12h\n",
                "vm.yaml:7: here must be a rule, as {for: 12h, every: write}; see serve --help for an example");
        wrong(
                "disks:\n  - id: a\n    image: raw:/a\n    socket: /s\n    quota: 1G\n",
                "vm.yaml:2: disk a: retention and quota are of a history, and without a store there is none; add store=DIR");
    }

    @Test
    void otherShapesAreRefused() throws IOException {
        wrong("- a\n", "vm.yaml:1: here must be keys and values; see serve --help for an example");
        wrong("disks: 3\n", "vm.yaml:1: here must be a list of disks; see serve --help for an example");
        wrong("disks:\n  - a\n", "vm.yaml:2: here must be a disk's keys and values; see serve --help for an example");
        wrong("", "agent: there is no disk to serve; give one with --disk or in the configuration file");
        wrong("disks: []\ndisks: []\n", "vm.yaml:2: disks is given twice; give it once");
    }

    @Test
    void brokenYamlIsNamedWithItsLine() throws IOException {
        Path file = Files.writeString(folder.resolve("vm.yaml"), "disks:\n  - id: \"a\n");
        assertThatThrownBy(() -> ConfigFile.read(file))
                .isInstanceOfSatisfying(
                        AgentException.class, e -> assertThat(e.code()).isEqualTo(Code.USAGE))
                .hasMessageMatching(".*vm.yaml:\\d+: no valid YAML .*; correct that line");
    }

    @Test
    void missingFile() {
        assertThatThrownBy(() -> ConfigFile.read(folder.resolve("none.yaml")))
                .isInstanceOfSatisfying(
                        AgentException.class, e -> assertThat(e.code()).isEqualTo(Code.NOT_FOUND));
    }

    @Test
    void nothingIsUsedTwice() throws IOException {
        wrong("""
                disks:
                  - {id: a, image: "raw:/a", socket: /s}
                  - {id: b, image: "raw:/a", socket: /t}
                """, "image raw:/a: it is given twice, for disk a and for disk b; give each its own");
        wrong("""
                control: /s
                disks:
                  - {id: a, image: "raw:/a", socket: /s}
                """, "socket /s: it is given twice, for disk a and for the control API; give each its own");
    }

    private AgentConfig read(String yaml) throws IOException {
        return ConfigFile.read(Files.writeString(folder.resolve("vm.yaml"), yaml));
    }

    private void wrong(String yaml, String message) throws IOException {
        assertThatThrownBy(() -> read(yaml))
                .isInstanceOfSatisfying(
                        AgentException.class, e -> assertThat(e.code()).isEqualTo(Code.USAGE))
                .hasMessage(message);
    }
}
