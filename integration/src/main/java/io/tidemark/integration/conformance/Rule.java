// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

/**
 * One thing that a vhost-user-blk backend has to do.
 *
 * @param id group and name, stable
 * @param section where it is written: a section of vhost-user.rst or of virtio 1.3
 * @param sentence what holds for a backend that keeps to the rule
 */
public record Rule(String id, Level level, String section, String sentence, Check check) {
    public static Rule must(String id, String section, String sentence, Check check) {
        return new Rule(id, Level.MUST, section, sentence, check);
    }

    public static Rule should(String id, String section, String sentence, Check check) {
        return new Rule(id, Level.SHOULD, section, sentence, check);
    }

    public static Rule optional(String id, String section, String sentence, Check check) {
        return new Rule(id, Level.OPTIONAL, section, sentence, check);
    }

    /** The part of the id before the slash. */
    public String group() {
        return id.substring(0, id.indexOf('/'));
    }
}
