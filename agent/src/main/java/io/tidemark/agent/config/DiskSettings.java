// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreName;
import io.tidemark.cdp.keep.Retention;
import io.tidemark.filters.capture.Durability;
import io.tidemark.filters.throttle.Limits;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The keys of one disk, the same on the command line and in the configuration file. */
final class DiskSettings {
    private static final List<String> KEYS = List.of(
            "id",
            "image",
            "socket",
            "queues",
            "read-only",
            "store",
            "state",
            "durability",
            "spool",
            "retention",
            "quota");

    private final ThrottleSettings throttle;
    private final Map<String, Setting> settings = new LinkedHashMap<>();
    private final String where;

    /** @param where where the disk stands, for messages about what is missing */
    DiskSettings(String where) {
        this.where = where;
        this.throttle = new ThrottleSettings(where + ": ");
    }

    void put(Setting setting) {
        if (setting.key().startsWith(ThrottleSettings.PREFIX)) {
            throttle.put(new Setting(
                    setting.key().substring(ThrottleSettings.PREFIX.length()), setting.value(), setting.where()));
            return;
        }
        if (!KEYS.contains(setting.key())) {
            throw new AgentException(
                    Code.USAGE,
                    setting.where(),
                    "unknown key " + setting.key(),
                    "a disk has " + String.join(", ", KEYS) + ", throttle");
        }
        if (settings.putIfAbsent(setting.key(), setting) != null) {
            throw new AgentException(Code.USAGE, setting.where(), setting.key() + " is given twice", "give it once");
        }
    }

    DiskConfig config() {
        String id = required("id", "ID").value();
        String image = required("image", "raw:PATH").value();
        Path socket = path(required("socket", "PATH"));
        int queues = number("queues", 1);
        boolean readOnly = readOnly();
        Optional<StoreName> store = Optional.ofNullable(settings.get("store")).map(DiskSettings::store);
        StateFolder state = Optional.ofNullable(settings.get("state"))
                .map(setting -> new StateFolder(path(setting)))
                .orElseGet(StateFolder::byDefault);
        long spool = Optional.ofNullable(settings.get("spool"))
                .map(DiskSettings::bytes)
                .orElse(DiskConfig.DEFAULT_SPOOL);
        Limits limits = throttle.limits();
        Optional<Retention> retention = retention();
        try {
            return new DiskConfig(
                    id, image, socket, queues, readOnly, store, state, durability(), spool, limits, retention);
        } catch (AgentException e) {
            throw new AgentException(e.code(), where + ": " + e.getMessage(), e);
        }
    }

    private Optional<Retention> retention() {
        Setting rules = settings.get(RetentionSettings.RULES);
        Setting quota = settings.get(RetentionSettings.QUOTA);
        return rules == null && quota == null ? Optional.empty() : Optional.of(RetentionSettings.of(rules, quota));
    }

    private Setting required(String key, String form) {
        Setting setting = settings.get(key);
        if (setting == null || setting.value().isEmpty()) {
            throw new AgentException(Code.USAGE, where, key + " is missing", "add " + key + "=" + form);
        }
        return setting;
    }

    private int number(String key, int otherwise) {
        Setting setting = settings.get(key);
        if (setting == null) {
            return otherwise;
        }
        try {
            return Integer.parseInt(setting.value());
        } catch (NumberFormatException e) {
            throw setting.wrong("give a number");
        }
    }

    private Durability durability() {
        Setting setting = settings.get("durability");
        if (setting == null) {
            return Durability.ASYNC;
        }
        return switch (setting.value()) {
            case "async" -> Durability.ASYNC;
            case "flush" -> Durability.FLUSH;
            default -> throw setting.wrong("say async or flush");
        };
    }

    private boolean readOnly() {
        Setting setting = settings.get("read-only");
        if (setting == null) {
            return false;
        }
        return switch (setting.value()) {
            case "on", "true" -> true;
            case "off", "false" -> false;
            default -> throw setting.wrong("say on or off");
        };
    }

    private static long bytes(Setting setting) {
        return Amount.parse(setting.value(), true)
                .orElseThrow(() -> setting.wrong("give a number of bytes, as 256M or 1G"));
    }

    private static StoreName store(Setting setting) {
        try {
            return StoreName.parse(setting.value());
        } catch (StoreException e) {
            throw setting.wrong("name a directory, or rbd:POOL[/NAMESPACE]");
        }
    }

    static Path path(Setting setting) {
        try {
            if (!setting.value().isEmpty()) {
                return Path.of(setting.value()).toAbsolutePath().normalize();
            }
        } catch (InvalidPathException e) {
            // told below
        }
        throw setting.wrong("give a path");
    }
}
