// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.conformance;

/**
 * A rule, and what came of it.
 *
 * @param after what became of the backend
 */
public record Outcome(Rule rule, Verdict verdict, long millis, Aftermath after) {
    /** The state of a backend after a check. */
    public enum Aftermath {
        /** It answers on a new connection. */
        WELL(""),
        /** Its process is gone. */
        DIED("the backend died"),
        /** It accepts or answers no more. */
        HUNG("the backend answers no more");

        private final String sentence;

        Aftermath(String sentence) {
            this.sentence = sentence;
        }

        /** Empty where all is well. */
        public String sentence() {
            return sentence;
        }
    }

    public boolean failed() {
        return verdict instanceof Verdict.Fail;
    }

    /** Why, and what became of the backend; empty for a rule that is kept. */
    public String explanation() {
        String reason = verdict.reason();
        return reason.isEmpty() || after.sentence().isEmpty()
                ? reason + after.sentence()
                : reason + "; " + after.sentence();
    }
}
