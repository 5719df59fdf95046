// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.filters.intent.CrashFile;
import io.tidemark.filters.intent.IntentIdentity;
import io.tidemark.filters.intent.IntentMap;
import java.io.IOException;

/** A disk's intent map in a file that can be killed; what its image is like can't be told. */
record MapInFile(IntentIdentity identity, CrashFile file) implements OpenIntent {
    @Override
    public IntentMap open(Session session, long capacity, int heir) throws IOException {
        return IntentMap.open(identity, file, session.former(), image(), heir);
    }

    @Override
    public void forget() throws IOException {
        file.delete();
    }

    @Override
    public String image() {
        return "";
    }
}
