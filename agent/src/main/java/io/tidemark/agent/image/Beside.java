// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where that lies which goes with an image: beside its file, by whatever symbolic links that was named. */
final class Beside {
    private Beside() {}

    /**
     * The path that names for such files are made from. A device keeps the name it was given, for the one behind that
     * may be another's after the next start of its host.
     */
    static Path of(Path image) {
        try {
            return Files.isRegularFile(image) ? image.toRealPath() : image;
        } catch (IOException e) {
            throw new AgentException(
                    Code.IO, "image " + image + ": can't be found any more: " + e.getMessage() + "; check its path", e);
        }
    }
}
