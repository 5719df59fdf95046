// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.util.regex.Pattern;

/** What segments are called: a number of eight digits; some have a dot and a generation behind it. */
public final class SegmentName {
    private static final Pattern NAME = Pattern.compile("[0-9]{8}([.][0-9]{1,8})?");

    private SegmentName() {}

    public static boolean isValid(String name) {
        return NAME.matcher(name).matches();
    }

    /** The number in a name. */
    public static int number(String name) {
        int dot = name.indexOf('.');
        return Integer.parseInt(dot < 0 ? name : name.substring(0, dot));
    }

    /** The generation in a name; 0 where there is none. */
    public static int generation(String name) {
        int dot = name.indexOf('.');
        return dot < 0 ? 0 : Integer.parseInt(name.substring(dot + 1));
    }

    /** The name itself. */
    public static String checked(String name) {
        if (!isValid(name)) {
            throw new IllegalArgumentException("segment name " + name);
        }
        return name;
    }
}
