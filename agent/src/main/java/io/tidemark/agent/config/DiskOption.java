// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import java.util.ArrayList;
import java.util.List;

/** A disk on the command line: {@code id=vda,image=raw:/PATH,socket=/PATH,…}. A comma in a value is written twice. */
public final class DiskOption {
    private static final String WHERE = "--disk";

    private DiskOption() {}

    /** @throws AgentException USAGE, if the text is not of that form */
    public static DiskConfig parse(String text) {
        DiskSettings settings = new DiskSettings(WHERE);
        for (String part : split(text)) {
            int equals = part.indexOf('=');
            if (equals <= 0) {
                throw new AgentException(
                        Code.USAGE,
                        WHERE,
                        "\"" + part + "\" has no key",
                        "write KEY=VALUE,KEY=VALUE (a comma in a value twice)");
            }
            settings.put(new Setting(part.substring(0, equals), part.substring(equals + 1), WHERE));
        }
        return settings.config();
    }

    /** Parts between single commas, with double ones made single. */
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != ',') {
                part.append(c);
            } else if (i + 1 < text.length() && text.charAt(i + 1) == ',') {
                part.append(',');
                i++;
            } else {
                parts.add(part.toString());
                part.setLength(0);
            }
        }
        parts.add(part.toString());
        return parts;
    }
}
