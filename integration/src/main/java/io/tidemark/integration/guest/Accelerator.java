// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.guest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What runs the guest's instructions. */
enum Accelerator {
    KVM,
    TCG;

    private static final Path CPUINFO = Path.of("/proc/cpuinfo");

    /** KVM needs the CPU's flag: the device alone may be there and yet no guest gets going. */
    static Accelerator ofThisMachine() {
        boolean device = Files.isWritable(Path.of("/dev/kvm"));
        boolean flag = lines().stream().anyMatch(l -> l.startsWith("flags") && l.matches(".*\\b(svm|vmx)\\b.*"));
        return device && flag ? KVM : TCG;
    }

    List<String> options() {
        return this == KVM ? List.of("-cpu", "host") : List.of();
    }

    String machine() {
        return this == KVM ? "kvm" : "tcg";
    }

    /** Without KVM the guest measures its clock badly on a busy machine: it is told the frequency. */
    String kernelArguments() {
        return this == KVM ? "" : khz().map(khz -> " tsc_early_khz=" + khz).orElse("");
    }

    private static Optional<Long> khz() {
        return lines().stream()
                .filter(l -> l.startsWith("cpu MHz"))
                .map(l -> Math.round(
                        Double.parseDouble(l.substring(l.indexOf(':') + 1).strip()) * 1000))
                .findFirst();
    }

    private static List<String> lines() {
        try {
            return Files.readAllLines(CPUINFO);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
