// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.disk.IoVector;
import io.tidemark.disk.Request;
import io.tidemark.disk.posix.Libc;
import io.tidemark.disk.posix.NativeMemory;
import io.tidemark.vhost.socket.Fd;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** What the fuzz targets rely on does find what it is for. */
class DetectionTest {
    @Test
    void bytesWrittenBesideTheMemoryAreFound() {
        try (GuardedRam ram = new GuardedRam(0x1000, 0, 5000)) {
            ram.memory().fill((byte) 1);
            assertThatCode(ram::check).doesNotThrowAnyException();
            for (long beside : new long[] {-1, 5000}) {
                NativeMemory.ALL.set(ValueLayout.JAVA_BYTE, ram.memory().address() + beside, (byte) 1);
                assertThatThrownBy(ram::check).isInstanceOf(Finding.class);
            }
        }
    }

    @Test
    void bytesWrittenWithoutLeaveAreFound() {
        try (GuardedGuest guest = new GuardedGuest()) {
            long border = GuardedGuest.GUEST + GuardedGuest.FIRST;
            guest.remember();
            guest.write(border - 1, new byte[] {1, 2});
            guest.allow(border - 1, 1);
            assertThatThrownBy(guest::check).isInstanceOf(Finding.class).hasMessageContaining("region 1 at 0");
            guest.allow(border - 1, 2);
            assertThatCode(guest::check).doesNotThrowAnyException();
        }
    }

    @Test
    void buffersOutsideOfTheGuestAreFound() {
        try (GuardedGuest guest = new GuardedGuest()) {
            CheckingImage image = new CheckingImage(guest::holds);
            Request request = new Request(0, new IoVector(4));
            request.begin(Request.Kind.READ, 0, 512);
            request.data().add(guest.first().address() + GuardedGuest.FIRST - 511, 512);
            assertThatThrownBy(() -> image.execute(request)).isInstanceOf(Finding.class);
        }
    }

    @Test
    void descriptorsLeftOpenAreFound() {
        Leaks leaks = Leaks.from();
        int fd = Libc.C.memfd_create("left", 1);
        assertThatThrownBy(leaks::check).isInstanceOf(Finding.class).hasMessageContaining("left");
        Fd.close(fd);
        assertThatCode(leaks::check).doesNotThrowAnyException();
    }
}
