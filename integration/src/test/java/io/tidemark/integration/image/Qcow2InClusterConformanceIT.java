// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import io.tidemark.disk.ImageName;

/** qcow2 images that lie in images of a Ceph cluster. */
class Qcow2InClusterConformanceIT extends RbdConformanceIT {
    @Override
    protected ImageName missing() {
        return ImageName.parse("qcow2:" + super.missing());
    }
}
