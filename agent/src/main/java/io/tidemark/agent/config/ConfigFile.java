// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.config;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An agent's configuration in YAML: {@code control}, and a list {@code disks} with the keys of {@link DiskOption}.
 *
 * <p>The file is read token by token, so that every complaint names the line it is about.
 */
public final class ConfigFile {
    private static final long MAX_SIZE = 1 << 20;

    private final Path file;
    private final JsonParser parser;
    private final List<DiskConfig> disks = new ArrayList<>();
    private Optional<Path> control = Optional.empty();

    private ConfigFile(Path file, JsonParser parser) {
        this.file = file;
        this.parser = parser;
    }

    /** @throws AgentException NOT_FOUND, IO, or USAGE with the line that is wrong */
    public static AgentConfig read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            if (Files.size(file) > MAX_SIZE) {
                throw new AgentException(
                        Code.USAGE, file.toString(), "it is larger than 1 MiB", "is it the right file?");
            }
            try (JsonParser parser = new YAMLFactory().createParser(in)) {
                ConfigFile config = new ConfigFile(file, parser);
                config.root();
                return new AgentConfig(config.disks, config.control);
            }
        } catch (JsonProcessingException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            String why = e.getOriginalMessage().lines().findFirst().orElse("it can't be parsed");
            throw new AgentException(Code.USAGE, file + ":" + line, "no valid YAML (" + why + ")", "correct that line");
        } catch (NoSuchFileException e) {
            throw new AgentException(Code.NOT_FOUND, file.toString(), "there is no such file", "check --config");
        } catch (IOException e) {
            throw new AgentException(Code.IO, file + ": can't be read (" + e + "); check --config", e);
        }
    }

    private void root() throws IOException {
        if (parser.nextToken() == null) {
            return;
        }
        expect(JsonToken.START_OBJECT, "keys and values");
        boolean seenControl = false;
        boolean seenDisks = false;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            boolean twice = switch (key) {
                case "control" -> seenControl;
                case "disks" -> seenDisks;
                default ->
                    throw new AgentException(Code.USAGE, where(), "unknown key " + key, "there are control and disks");
            };
            if (twice) {
                throw new AgentException(Code.USAGE, where(), key + " is given twice", "give it once");
            }
            if (key.equals("control")) {
                seenControl = true;
                control = Optional.of(DiskSettings.path(setting()));
            } else {
                seenDisks = true;
                disks();
            }
        }
    }

    private void disks() throws IOException {
        parser.nextToken();
        expect(JsonToken.START_ARRAY, "a list of disks");
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(JsonToken.START_OBJECT, "a disk's keys and values");
            DiskSettings settings = new DiskSettings(where());
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                switch (parser.currentName()) {
                    case "throttle" -> throttle(settings);
                    case RetentionSettings.RULES -> settings.put(retention());
                    default -> settings.put(setting());
                }
            }
            disks.add(settings.config());
        }
    }

    private void throttle(DiskSettings settings) throws IOException {
        parser.nextToken();
        expect(JsonToken.START_OBJECT, "a throttle's keys and values");
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            Setting limit = setting();
            settings.put(new Setting(ThrottleSettings.PREFIX + limit.key(), limit.value(), limit.where()));
        }
    }

    /** Rules in short, or one by one: {@code {for: 12h, every: write}}. */
    private Setting retention() throws IOException {
        String where = where();
        if (parser.nextToken() != JsonToken.START_ARRAY) {
            return setting(RetentionSettings.RULES, where);
        }
        List<String> rules = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(JsonToken.START_OBJECT, "a rule, as {for: 12h, every: write}");
            rules.add(rule());
        }
        return new Setting(RetentionSettings.RULES, String.join("/", rules), where);
    }

    private String rule() throws IOException {
        String where = where();
        Map<String, String> parts = new HashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            Setting part = setting();
            if (!part.key().equals("for") && !part.key().equals("every")) {
                throw new AgentException(
                        Code.USAGE, part.where(), "unknown key " + part.key(), "a rule has for and every");
            }
            parts.put(part.key(), part.value());
        }
        if (parts.size() < 2) {
            throw new AgentException(
                    Code.USAGE, where, "a rule is incomplete", "write both, as {for: 12h, every: write}");
        }
        return parts.get("for") + ":" + parts.get("every");
    }

    /** The key at hand with the scalar that follows. */
    private Setting setting() throws IOException {
        String key = parser.currentName();
        String where = where();
        parser.nextToken();
        return setting(key, where);
    }

    /** The scalar at hand. */
    private Setting setting(String key, String where) throws IOException {
        if (!parser.currentToken().isScalarValue()) {
            throw new AgentException(Code.USAGE, where(), key + " holds more than one value", "give one");
        }
        return new Setting(key, parser.currentToken() == JsonToken.VALUE_NULL ? "" : parser.getText(), where);
    }

    private void expect(JsonToken token, String what) {
        if (parser.currentToken() != token) {
            throw new AgentException(Code.USAGE, where(), "here must be " + what, "see serve --help for an example");
        }
    }

    private String where() {
        return file.getFileName() + ":" + parser.currentTokenLocation().getLineNr();
    }
}
