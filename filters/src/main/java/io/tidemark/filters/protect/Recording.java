// SPDX-License-Identifier: Apache-2.0
package io.tidemark.filters.protect;

import io.tidemark.filters.capture.Capture;

/** One opened history with the capture that writes it and the sync that fills it, from begin to end. */
record Recording(OpenLog opened, Capture capture, SyncReader reader, SyncPlan plan) {}
