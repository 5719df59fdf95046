// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.rbd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HolderTest {
    private static final String OWNER = "127.0.0.1:0/1234";

    private static Holder with(Holder like, String kernel, String namespace, long process, String started) {
        return new Holder(OWNER, kernel, namespace, process, started, like.host());
    }

    @Test
    void aNoteIsReadAsItWasWritten() throws IOException {
        Holder self = Holder.self(OWNER);
        assertThat(Holder.parse(self.toString())).contains(self);
        assertThat(self.describe())
                .contains(Long.toString(ProcessHandle.current().pid()));
        assertThat(Holder.parse("")).isEmpty();
        assertThat(Holder.parse("a b c d e f")).isEmpty();
        assertThat(Holder.parse(self + " more")).isEmpty();
    }

    @Test
    void onlyWhoIsKnownToBeDeadIsDead() throws Exception {
        Holder self = Holder.self(OWNER);
        assertThat(self.isDead()).isFalse();
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        assertThat(with(self, self.kernel(), self.namespace(), ended.pid(), self.started())
                        .isDead())
                .isTrue();
        // Another process has the number by now.
        assertThat(with(self, self.kernel(), self.namespace(), self.process(), "1")
                        .isDead())
                .isTrue();
        assertThat(with(self, "another-boot", self.namespace(), ended.pid(), "1")
                        .isDead())
                .isFalse();
        assertThat(with(self, self.kernel(), "pid:[1]", ended.pid(), "1").isDead())
                .isFalse();
    }

    /** The kernel can be told not to show others' processes, and there may be no memory or file left to read it with. */
    @Test
    void whoCanNotBeLookedAtMayLive(@TempDir Path processes) throws Exception {
        Holder self = Holder.self(OWNER);
        assertThat(self.isDead(processes)).isFalse();
        Files.createDirectories(
                processes.resolve(Long.toString(self.process())).resolve("stat")); // can be opened, and not read
        assertThat(self.isDead(processes)).isFalse();
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        assertThat(with(self, self.kernel(), self.namespace(), ended.pid(), self.started())
                        .isDead(processes))
                .isTrue();
    }
}
