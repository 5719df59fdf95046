// SPDX-License-Identifier: Apache-2.0
package io.tidemark.disk.conformance;

import io.tidemark.disk.ImageName;
import io.tidemark.disk.Images;

/** qcow2 images in files. */
class Qcow2ConformanceTest extends FileConformanceTest {
    @Override
    protected ImageName make(long capacity) {
        ImageName name = ImageName.parse("qcow2:" + folder().resolve("made.qcow2"));
        Images.create(name, capacity, false).close();
        return name;
    }

    @Override
    protected ImageName missing() {
        return ImageName.parse("qcow2:" + folder().resolve("missing.qcow2"));
    }
}
