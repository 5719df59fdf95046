// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.tidemark.agent.AgentException.Code;
import java.util.Locale;

/**
 * An error of the control API, as problem+json (RFC 9457).
 *
 * @param title the kind of error, in words
 * @param status the HTTP status
 * @param detail what, why, and the remedy
 * @param code the kind of error, for programs; stable
 */
public record Problem(String type, String title, int status, String detail, String code) {
    public static final String MEDIA_TYPE = "application/problem+json";

    static Problem of(Code code, String detail) {
        int status = switch (code) {
            case USAGE -> 400;
            case NOT_FOUND -> 404;
            case IN_USE, REFUSED -> 409;
            case NO_PERMISSION -> 403;
            case UNSUPPORTED -> 501;
            case UNREACHABLE -> 503;
            case FAILED, IO, INTERNAL -> 500;
        };
        return of(status, name(code), detail);
    }

    static Problem of(int status, String code, String detail) {
        return new Problem("about:blank", code.replace('-', ' '), status, detail, code);
    }

    /** The exception that the agent threw, on the client's side. Codes that this client doesn't know are INTERNAL. */
    Code exceptionCode() {
        for (Code known : Code.values()) {
            if (name(known).equals(code)) {
                return known;
            }
        }
        return status < 500 ? Code.USAGE : Code.INTERNAL;
    }

    static String name(Code code) {
        return code.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
