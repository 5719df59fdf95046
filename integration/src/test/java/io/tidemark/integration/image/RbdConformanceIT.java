// SPDX-License-Identifier: Apache-2.0
package io.tidemark.integration.image;

import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;
import io.tidemark.disk.conformance.ImageConformanceTest;
import io.tidemark.integration.store.Ceph;

/** Images in a real Ceph cluster. */
class RbdConformanceIT extends ImageConformanceTest {
    @Override
    protected ImageName make(long capacity) {
        ImageName name = missing();
        Images.create(name, capacity, false).close();
        return name;
    }

    @Override
    protected ImageName missing() {
        return ImageName.parse(Ceph.newImage("conformance"));
    }
}
