// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.AgentException.Code;
import io.tidemark.agent.Wiring;
import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.history.RetentionOrder;
import io.tidemark.agent.history.RetentionReport;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark retain}: what is kept of a history. */
@Command(
        name = "retain",
        description = "Sets how much of a disk's past is kept, or shows it.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class,
        footer = {
            "",
            "Rules reach from now back to their age: 12h:write/24h:1h/3d:1d keeps every write of twelve hours, the state at",
            "each full hour of a day, and at each midnight (UTC) of three. Locked marks and points that are being read stay.",
            "A quota takes the oldest states away until the history fits. What is set here holds until it is set anew, by an",
            "agent whose configuration says otherwise, too. --before takes away what is older than a point, once.",
            "Whole log segments go, so some single writes may stay longer than they must."
        })
final class RetainCommand implements Callable<Integer> {
    private final Wiring wiring;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @Mixin
    private StoreOption store;

    @Option(names = "--rules", paramLabel = "RULES", description = "As 12h:write/24h:1h/3d:1d, or all.")
    private String rules;

    @Option(names = "--quota", paramLabel = "BYTES", description = "As 50G, or none.")
    private String quota;

    @Option(names = "--before", paramLabel = "POINT", description = "Take away what is older, now.")
    private String before;

    @Option(names = "--preview", description = "Say what would go, and leave everything as it is.")
    private boolean preview;

    @Mixin
    private ControlOption control;

    @Mixin
    private OutputOption output;

    RetainCommand(Wiring wiring) {
        this.wiring = wiring;
    }

    @Override
    public Integer call() {
        RetentionOrder order = new RetentionOrder(rules, quota, before);
        RetentionReport report = wiring.histories().isWritten(store.name(), disk) ? byAgent(order) : here(order);
        output.print(
                spec.commandLine().getOut(),
                report,
                out -> RetentionText.print(report, preview || order.isEmpty(), out));
        return ExitCode.OK.number();
    }

    private RetentionReport byAgent(RetentionOrder order) {
        ControlClient agent = itsAgent();
        return preview || order.isEmpty() ? agent.previewRetention(disk, order) : agent.retain(disk, order);
    }

    private ControlClient itsAgent() {
        try {
            return control.agentOf(disk);
        } catch (AgentException e) {
            if (e.code() != Code.UNREACHABLE && e.code() != Code.NOT_FOUND) {
                throw e;
            }
            throw new AgentException(
                    e.code(),
                    "disk " + disk + ": an agent writes its history in " + store.name() + ", but is not found here;"
                            + " name that agent's socket with --control, or give the command on its host",
                    e);
        }
    }

    private RetentionReport here(RetentionOrder order) {
        return wiring.histories().retain(store.name(), disk, order, preview || order.isEmpty());
    }
}
