// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/**
 * Where an agent keeps what must survive it, but is of use on this host only: a disk's intent map, its spool.
 *
 * @param directory absolute; need not be there yet
 */
public record StateFolder(Path directory) {
    /** The one that is used when none is given. */
    public static StateFolder byDefault() {
        return byDefault(System.getenv(), System.getProperty("user.name"), System.getProperty("user.home"));
    }

    static StateFolder byDefault(Map<String, String> environment, String user, String home) {
        if (user.equals("root")) {
            return new StateFolder(Path.of("/var/lib/tidemark"));
        }
        String state = environment.getOrDefault("XDG_STATE_HOME", "");
        return new StateFolder(
                (state.isEmpty() ? Path.of(home, ".local", "state") : Path.of(state)).resolve("tidemark"));
    }

    /** Which regions of a disk may differ from its history. */
    public Path intent(String disk) {
        return directory.resolve(disk + ".intent");
    }

    /** What a disk's store can't take at the moment. */
    public Path spool(String disk) {
        return directory.resolve(disk + ".spool");
    }

    /** In which store a disk's history was last. */
    public Path store(String disk) {
        return directory.resolve(disk + ".store");
    }

    /**
     * Makes the folder where it is missing, for this user alone.
     *
     * @throws AgentException with what is in the way
     */
    public void create() {
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (FileAlreadyExistsException e) {
            throw new AgentException(
                    Code.REFUSED,
                    "state folder " + directory,
                    "there is a file of that name",
                    "name another by state=");
        } catch (AccessDeniedException e) {
            throw new AgentException(
                    Code.NO_PERMISSION,
                    "state folder " + directory,
                    "it can't be made without more permissions",
                    "make it, or name another by state=");
        } catch (IOException e) {
            throw new AgentException(
                    Code.IO, "state folder " + directory + ": can't be made (" + e + "); name another by state=", e);
        }
    }
}
