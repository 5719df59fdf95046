// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.status;

import java.util.List;

/**
 * A mark that was set over several disks at one moment.
 *
 * @param marks one for each disk, all of one time
 */
public record CutStatus(String name, List<MarkStatus> marks) {}
