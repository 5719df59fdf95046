// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.cdp.keep.RetentionRules;
import java.util.OptionalLong;

/** What is kept of a history, as a user writes it: rules as {@code 12h:write/24h:1h/3d:1d}, a quota as {@code 50G}. */
public final class RetentionSettings {
    static final String RULES = "retention";
    static final String QUOTA = "quota";
    private static final String NO_QUOTA = "none";

    private RetentionSettings() {}

    /** @throws AgentException USAGE, with what is wrong */
    public static RetentionRules rules(String text) {
        try {
            return RetentionRules.parse(text);
        } catch (StoreException e) {
            throw new AgentException(Code.USAGE, e.getMessage(), e);
        }
    }

    /**
     * Empty for {@code none}.
     *
     * @throws AgentException USAGE, with what is wrong
     */
    public static OptionalLong quota(String text) {
        return quota(new Setting(QUOTA, text, "retention"));
    }

    static Retention of(Setting rules, Setting quota) {
        return new Retention(
                rules == null ? RetentionRules.KEEP_ALL : rules(rules),
                quota == null ? OptionalLong.empty() : quota(quota));
    }

    private static RetentionRules rules(Setting setting) {
        try {
            return RetentionRules.parse(setting.value());
        } catch (StoreException e) {
            throw new AgentException(Code.USAGE, setting.where() + ": " + e.getMessage(), e);
        }
    }

    private static OptionalLong quota(Setting setting) {
        if (setting.value().equals(NO_QUOTA)) {
            return OptionalLong.empty();
        }
        var bytes = Amount.parse(setting.value(), true);
        if (bytes.isEmpty() || bytes.getAsLong() == 0) {
            throw setting.wrong("give bytes, as 50G, or " + NO_QUOTA);
        }
        return bytes;
    }
}
