// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.history;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * What an export has done.
 *
 * @param from the store that the history lies in
 * @param to the store that has it now, too
 * @param bytes written to the copy
 * @param kept bytes that were there from an earlier run
 * @param records records in the copy, all verified
 * @param write which write's state was copied; null for the whole history
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ExportReport(
        String disk, String from, String to, long bytes, long kept, long records, Long write, double seconds) {}
