// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;

/** Who may use a file: its owner, group and mode. */
final class FileAccess {
    private FileAccess() {}

    /**
     * Has a file be used by whom another one is, which it takes the place of. Where that file is gone, or the process may not give files
     * away, it stays with who has made it.
     */
    static void asOf(Path former, Path file) {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        try {
            PosixFileAttributes like = Files.readAttributes(former, PosixFileAttributes.class);
            view.setGroup(like.group());
            view.setOwner(like.owner());
            // Last: what was its group's to read is for no other group.
            view.setPermissions(like.permissions());
        } catch (IOException _) {
            // It is complete all the same.
        }
    }
}
