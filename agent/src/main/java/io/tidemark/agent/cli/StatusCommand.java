// SPDX-License-Identifier: Apache-2.0
package io.tidemark.agent.cli;

import io.tidemark.agent.control.ControlClient;
import io.tidemark.agent.status.DiskStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tidemark status}: what running agents say of themselves. */
@Command(
        name = "status",
        description = "Shows the disks of running agents: queues, rates, latencies, and how far their histories are.",
        mixinStandardHelpOptions = true,
        versionProvider = VersionText.class)
final class StatusCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    @Mixin
    private ControlOption control;

    @Mixin
    private OutputOption output;

    @Option(
            names = "--sample",
            paramLabel = "MILLIS",
            defaultValue = "500",
            description = "How long to count for the rates; 0 for no rates (default: ${DEFAULT-VALUE}).")
    private long sample;

    @Override
    public Integer call() throws InterruptedException {
        List<Path> sockets = control.sockets();
        List<ControlClient> clients = sockets.stream().map(ControlClient::new).toList();
        List<List<DiskStatus>> earlier = List.of();
        if (sample > 0) {
            earlier = clients.stream().map(ControlClient::disks).toList();
            Thread.sleep(sample);
        }
        List<StatusReport.OfAgent> agents = new ArrayList<>();
        for (int i = 0; i < clients.size(); i++) {
            List<DiskStatus> disks = clients.get(i).disks();
            List<StatusReport.Rates> rates = new ArrayList<>();
            for (int d = 0; sample > 0 && d < disks.size(); d++) {
                rates.add(StatusReport.Rates.between(earlier.get(i).get(d), disks.get(d)));
            }
            agents.add(new StatusReport.OfAgent(
                    sockets.get(i).toString(), clients.get(i).agent(), disks, rates));
        }
        StatusReport report = new StatusReport(agents);
        output.print(spec.commandLine().getOut(), report, out -> StatusText.print(report, out));
        return ExitCode.OK.number();
    }
}
