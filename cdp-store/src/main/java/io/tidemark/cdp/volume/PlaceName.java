// SPDX-License-Identifier: Apache-2.0
package io.tidemark.cdp.volume;

import java.util.regex.Pattern;

/** What small files, volumes, leases and places inside are called, wherever a store lies. */
public final class PlaceName {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,79}");

    private PlaceName() {}

    public static boolean isValid(String name) {
        return NAME.matcher(name).matches();
    }

    /** The name itself; never one that leads out of its place. */
    public static String checked(String name) {
        if (!isValid(name)) {
            throw new IllegalArgumentException("name " + name);
        }
        return name;
    }
}
