// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.ThrottleStatus;
import io.tidemark.filters.throttle.Limits;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark throttle}: limits what a running disk does. */
@Command(
        name = "throttle",
        description = "Limits the requests and bytes per second of a running disk, or shows its limits.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class,
        footer = {
            "",
            "The limits given are all that the disk has from now on, also for requests that wait already. A burst",
            "is how much may pass at once when the disk did less before; without it, a tenth of a second's worth.",
            "N is a number as 2000, 20K or 100M: of bytes, K, M, G and T are powers of 1024, else of 1000. Limits end with",
            "the agent, but not when a new one takes the disk over; the configuration has those of the next start."
        })
final class ThrottleCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Mixin
    private LimitOptions limits;

    @Option(names = "--off", description = "No limits.")
    private boolean off;

    @Mixin
    private ControlOption control;

    @Mixin
    private OutputOption output;

    @Override
    public Integer call() {
        Limits wanted = limits.limits();
        if (off && !wanted.isNone()) {
            throw new AgentException(Code.USAGE, "throttle", "--off goes with no limits", "leave one of them out");
        }
        ControlClient agent = control.agentOf(disk);
        ThrottleStatus now = off || !wanted.isNone()
                ? agent.throttle(disk, wanted)
                : agent.disk(disk).throttle();
        output.print(spec.commandLine().getOut(), now, out -> {
            if (now.limits().isEmpty()) {
                out.println("disk " + disk + ": no limits");
            } else {
                ThrottleText.print(now, "disk " + disk + ": ", out);
            }
        });
        return ExitCode.OK.number();
    }
}
