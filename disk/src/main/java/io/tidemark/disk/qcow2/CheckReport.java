// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.qcow2;

import java.util.List;

/**
 * What is wrong with an image's tables.
 *
 * @param clusters how many clusters of the disk lie in the image
 * @param leaks clusters of the file that nothing refers to, and that count as used: space is lost, and nothing else
 * @param corruptions what may lose data as soon as the image is written to
 * @param first the first corruptions, in words
 */
public record CheckReport(long clusters, long leaks, long corruptions, List<String> first) {}
