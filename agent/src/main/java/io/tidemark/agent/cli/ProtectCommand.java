// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.AgentException;
import io.tidemark.agent.config.ProtectionWish;
import io.tidemark.agent.config.ProtectionWish.State;
import io.tidemark.agent.status.DiskStatus;
import io.tidemark.cdp.StoreException;
import io.tidemark.cdp.StoreName;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tidemark protect}: begins, ends or pauses the history of a running disk. */
@Command(
        name = "protect",
        description = "Begins, ends or pauses the history of a running disk. Its guest goes on, and notices nothing.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class,
        footer = {
            "",
            "Without an option the disk is protected from now on, in the store that it has. An order that can't be",
            "carried out changes nothing. What was ordered holds until the agent ends, also for a new one that takes the",
            "disk over; the configuration has what holds at the next start."
        })
final class ProtectCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Parameters(paramLabel = "DISK", description = "The disk's id.")
    private String disk;

    @ArgGroup
    private Order order = new Order();

    @Mixin
    private ControlOption control;

    @Mixin
    private OutputOption output;

    private static final class Order {
        @Option(
                names = "--store",
                paramLabel = "STORE",
                description =
                        "Where its history is kept. One that is on in another store has to be switched off first.")
        private String store;

        @Option(names = "--off", description = "Ends the history; nothing is recorded, nothing stands in the way.")
        private boolean off;

        @Option(
                names = "--pause",
                description = "Records nothing for a while, only remembers where the disk changes, which is all that is"
                        + " read behind the pause.")
        private boolean pause;

        @Option(names = "--resume", description = "Ends a pause: the same as no option.")
        private boolean resume;

        private ProtectionWish wish() {
            State state = off ? State.OFF : pause ? State.PAUSED : State.ON;
            try {
                return new ProtectionWish(state, Optional.ofNullable(store).map(StoreName::parse));
            } catch (StoreException e) {
                throw AgentException.of(e);
            }
        }
    }

    @Override
    public Integer call() {
        DiskStatus now = control.agentOf(disk).protect(disk, order.wish());
        output.print(spec.commandLine().getOut(), now, out -> {
            out.println("disk " + disk);
            StatusText.protection(now.protection(), out);
        });
        return ExitCode.OK.number();
    }
}
