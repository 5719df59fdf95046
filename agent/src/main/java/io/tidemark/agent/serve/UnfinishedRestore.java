// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.serve;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.restore.RestoreFile;
import io.tidemark.disk.ImageName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Keeps images that are restored in part from being used as if they were whole. */
final class UnfinishedRestore {
    private UnfinishedRestore() {}

    private static boolean isInPlace(Path file) {
        try {
            return RestoreFile.read(file).isInPlace();
        } catch (StoreException e) {
            throw Failures.of(e);
        }
    }

    /** Of a disk that was restored in place, and in part, it is the guest that is refused: see {@link InPlaceRestores}. */
    static void refuse(String image) {
        Optional<Path> file = ImageName.parse(image).file().map(RestoreFile::of);
        if (file.isPresent() && Files.exists(file.get()) && !isInPlace(file.get())) {
            throw new AgentException(
                    Code.REFUSED,
                    "image " + image,
                    "a restore into it is unfinished, as " + file.get() + " says",
                    "give the restore's command again to go on; to use the image as it is, delete that file");
        }
    }
}
