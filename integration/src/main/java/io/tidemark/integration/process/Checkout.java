// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.process;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where this checkout lies: TIDEMARK_HOME, or the nearest folder upwards that holds bin/lib/guest.sh. */
public final class Checkout {
    private static final Path HOME = find();

    private Checkout() {}

    public static Path home() {
        return HOME;
    }

    /** A program or script of the checkout. */
    public static String file(String relative) {
        return HOME.resolve(relative).toString();
    }

    private static Path find() {
        String given = System.getenv("TIDEMARK_HOME");
        if (given != null) {
            return Path.of(given).toAbsolutePath();
        }
        Path start = Path.of("").toAbsolutePath();
        for (Path at = start; at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("bin/lib/guest.sh"))) {
                return at;
            }
        }
        throw new LabException("no checkout of Tidemark at or above " + start + ": set TIDEMARK_HOME");
    }
}
