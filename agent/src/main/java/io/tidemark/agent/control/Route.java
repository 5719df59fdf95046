// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.control;

import io.helidon.http.Method;
import java.util.Optional;

/**
 * One operation of the control API.
 *
 * @param path as in the OpenAPI document, with parameters in braces
 */
record Route(Method method, String path, Action action) {
    /** What a route does. It runs on a virtual thread and may block. */
    @FunctionalInterface
    interface Action {
        /** @throws io.tidemark.agent.AgentException answered as a {@link Problem} */
        Answer answer(Call call);
    }

    /** What a route may ask of the request. */
    interface Call {
        String parameter(String name);

        /** A parameter of the query. */
        Optional<String> query(String name);

        /** The body, of at most {@link ControlServer#MAX_BODY} bytes. */
        byte[] body();
    }

    /** @param contentType the media type of the body */
    record Answer(int status, String contentType, byte[] body) {}
}
