// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

/** What came of a rule's check. */
public sealed interface Verdict {
    record Pass() implements Verdict {}

    /** @param reason what was seen instead */
    record Fail(String reason) implements Verdict {}

    /** @param reason what this backend does not offer */
    record NotApplicable(String reason) implements Verdict {}

    /** One word, or the two letters of tables. */
    default String word() {
        return switch (this) {
            case Pass() -> "pass";
            case Fail(String _) -> "fail";
            case NotApplicable(String _) -> "n/a";
        };
    }

    default String reason() {
        return switch (this) {
            case Pass() -> "";
            case Fail(String reason) -> reason;
            case NotApplicable(String reason) -> reason;
        };
    }
}
