// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.format;

/** What can be wrong with a segment as a whole. */
public enum SegmentFault {
    NONE("nothing"),
    LENGTH("has a length that no segment has"),
    NOT_A_SEGMENT("not a segment of this kind"),
    CHECKSUM("header checksum is wrong"),
    LATER_VERSION("its format version is not known here: use a later tidemark"),
    OTHER_HISTORY("belongs to another history"),
    OTHER_NUMBER("holds another segment of this history");

    private final String text;

    SegmentFault(String text) {
        this.text = text;
    }

    /** For messages. */
    @Override
    public String toString() {
        return text;
    }
}
