// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The inputs that are kept of a target, a file each. What was written by hand or was once a finding stays for good. */
public final class CorpusFolder {
    private static final String KEPT = "(seed|finding)-.*";
    private static final int MOST = 60;

    private CorpusFolder() {}

    /** All inputs, in an order that does not change. */
    public static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** Puts a target's inputs in place of the old ones: the largest, which reach most, where they are many. */
    static boolean replace(Path folder, Path with) throws IOException {
        for (Path old : files(folder)) {
            if (!old.getFileName().toString().matches(KEPT)) {
                Files.delete(old);
            }
        }
        List<Path> largest = files(with).stream()
                .sorted(Comparator.comparingLong((Path file) -> file.toFile().length())
                        .reversed())
                .limit(MOST)
                .toList();
        for (Path file : largest) {
            Files.copy(file, folder.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
        return true;
    }
}
