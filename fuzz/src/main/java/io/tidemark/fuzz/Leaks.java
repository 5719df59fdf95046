// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The descriptors and shared mappings that this process has more than it had. */
public final class Leaks {
    /** Whoever owned it has closed it meanwhile; no name of anything shared. */
    private static final String GONE = "/gone";

    private final List<String> before;

    private Leaks(List<String> before) {
        this.before = before;
    }

    /** What there is now is no leak. */
    public static Leaks from() {
        return new Leaks(owned());
    }

    /** @throws Finding where there is more than at first, or less */
    public void check() {
        List<String> now = owned();
        if (!now.equals(before)) {
            List<String> more = new ArrayList<>(now);
            before.forEach(more::remove);
            List<String> fewer = new ArrayList<>(before);
            now.forEach(fewer::remove);
            throw new Finding("leaked: " + more + ", lost: " + fewer);
        }
    }

    private static List<String> owned() {
        List<String> names = new ArrayList<>();
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"));
                Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            fds.map(Leaks::name).filter(Leaks::isShared).forEach(names::add);
            maps.filter(line -> line.contains("memfd:") || line.contains("/dev/zero"))
                    .map(line -> "mapping of " + line.substring(line.indexOf('/')))
                    .forEach(names::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        names.sort(null);
        return names;
    }

    /** Sockets by their kind: each has a number of its own. Files of the class path come and go. */
    private static boolean isShared(String name) {
        return !name.startsWith("/") || name.startsWith("/dev/") || name.startsWith("/memfd:") || name.equals("/");
    }

    private static String name(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString().replaceAll(":\\[[0-9]+]", "");
        } catch (IOException e) {
            return GONE;
        }
    }
}
