// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.keep;

import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreException.Code;
import io.tidemark.cdp.format.Le;
import io.tidemark.cdp.volume.StorePlace;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a history's small file {@code retention} says (store-format.md, "Retention"): lines of UTF-8, the last of which is the checksum of
 * those before it.
 *
 * @param locked in the order in which they were locked
 */
public record RetentionFile(Retention retention, List<LockedMark> locked) {
    public static final String NAME = "retention";

    /** Nothing goes, nothing is locked: what counts where there is no such file. */
    public static final RetentionFile NONE = new RetentionFile(Retention.KEEP_ALL, List.of());

    /** Each locked mark is a layer to look through. */
    public static final int MOST_LOCKED = 1000;

    private static final int LARGEST = 1 << 20;
    private static final String TITLE = "tidemark retention 1";

    public RetentionFile {
        locked = List.copyOf(locked);
    }

    public RetentionFile with(Retention other) {
        return new RetentionFile(other, locked);
    }

    public RetentionFile withLocked(List<LockedMark> others) {
        return new RetentionFile(retention, others);
    }

    /** Reads a history's file. */
    public static RetentionFile read(StorePlace place) {
        var name = place.name() + "/" + NAME;
        try {
            return place.has(NAME) ? parse(name, place.read(NAME)) : NONE;
        } catch (IOException e) {
            throw StoreException.of(name, e);
        }
    }

    /** Writes it in place of a former one; for the one who may write the history. */
    public void write(StorePlace place) {
        try {
            place.replace(NAME, bytes());
        } catch (IOException e) {
            throw StoreException.of(place.name() + "/" + NAME, e);
        }
    }

    byte[] bytes() {
        var text = new StringBuilder(TITLE + "\n");
        text.append("rules ").append(retention.rules()).append('\n');
        retention.quota().ifPresent(bytes -> text.append("quota ").append(bytes).append('\n'));
        for (var mark : locked) {
            text.append("locked ")
                    .append(mark.number())
                    .append(' ')
                    .append(mark.name())
                    .append('\n');
        }
        return sealed(text.toString());
    }

    /** Lines with their checksum behind them. */
    static byte[] sealed(String text) {
        return (text + "crc32c " + checksum(text) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    static RetentionFile parse(String file, byte[] bytes) {
        if (bytes.length > LARGEST) {
            throw damaged(file, "is larger than 1 MiB");
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException _) {
            throw damaged(file, "is no UTF-8");
        }
        int last = text.lastIndexOf("crc32c ");
        if (last < 0 || !text.substring(last).equals("crc32c " + checksum(text.substring(0, last)) + "\n")) {
            throw damaged(file, "its checksum is wrong");
        }
        var lines = text.substring(0, last).split("\n");
        if (!lines[0].equals(TITLE)) {
            throw new StoreException(
                    Code.UNSUPPORTED, file + ": begins with \"" + lines[0] + "\", unknown here: use a later tidemark");
        }
        return new Reading(file).of(lines);
    }

    private static String checksum(String text) {
        var bytes = MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
        return "%08x".formatted(Le.crc32c(bytes, 0, bytes.byteSize()));
    }

    private static StoreException damaged(String file, String reason) {
        return new StoreException(
                Code.DAMAGED,
                file + ": " + reason + ": bring it back from a copy of the store, or delete it to keep all");
    }

    /** One pass over the lines. */
    private record Reading(String file) {
        RetentionFile of(String[] lines) {
            var rules = RetentionRules.KEEP_ALL;
            var quota = OptionalLong.empty();
            var locked = new ArrayList<LockedMark>();
            for (int i = 1; i < lines.length; i++) {
                int space = lines[i].indexOf(' ');
                var key = lines[i].substring(0, Math.max(space, 0));
                var value = lines[i].substring(space + 1);
                switch (key) {
                    case "rules" -> rules = RetentionRules.parse(value);
                    case "quota" -> quota = OptionalLong.of(Math.max(1, number(value)));
                    case "locked" -> locked.add(locked(value));
                    default -> throw damaged(file, "line " + (i + 1) + " makes no sense");
                }
            }
            return new RetentionFile(new Retention(rules, quota), locked);
        }

        private LockedMark locked(String value) {
            int space = value.indexOf(' ');
            if (space < 0 || space == value.length() - 1) {
                throw damaged(file, "names no mark in \"" + value + "\"");
            }
            return new LockedMark(value.substring(space + 1), number(value.substring(0, space)));
        }

        private long number(String text) {
            if (!text.matches("[0-9]{1,18}")) {
                throw damaged(file, "\"" + text + "\" is no number");
            }
            return Long.parseLong(text);
        }
    }
}
