// SPDX-License-Identifier: Apache-2.0
package io.tidemark.fuzz;

import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;

/** Gives a target its inputs, looks for leaks now and then, and finds out whose they are. */
public final class Runner implements AutoCloseable {
    private static final int INPUTS_A_LOOK = 128;

    private final Target target;
    private final Deque<byte[]> sinceLook = new ArrayDeque<>();

    public Runner(Target target) {
        this.target = target;
    }

    /** @throws Exception or any other throwable: a finding */
    public void run(byte[] input) throws Exception {
        sinceLook.add(input);
        target.run(new Input(input));
        if (sinceLook.size() == INPUTS_A_LOOK) {
            checkLeaks();
        }
    }

    /** @throws Exception naming the input, where it is found again, that leaves something over */
    public void checkLeaks() throws Exception {
        try {
            target.checkLeaks();
        } catch (Finding leak) {
            throw new Finding(leak.getMessage() + culprit(leak.getMessage()), leak);
        }
        sinceLook.clear();
    }

    private String culprit(String leak) throws Exception {
        String last = leak;
        for (byte[] input : sinceLook) {
            target.run(new Input(input));
            String now = leakNow();
            if (!now.equals(last)) {
                return "; input in Base64: " + Base64.getEncoder().encodeToString(input);
            }
            last = now;
        }
        return "; no single one of the last " + INPUTS_A_LOOK + " inputs does it again";
    }

    private String leakNow() {
        try {
            target.checkLeaks();
            return "";
        } catch (Finding leak) {
            return leak.getMessage();
        }
    }

    @Override
    public void close() {
        target.close();
    }
}
