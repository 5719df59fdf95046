// SPDX-License-Identifier: Apache-2.0
package io.tidemark.jmh;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Measures the pieces and prints a table; fails where one of them allocates. {@code bin/jmh [REGEX]} */
public final class Pieces {
    /** Less than this is what the measurement itself allocates, spread over millions of operations. */
    private static final double NOTHING = 0.5;

    private static final int WARMUPS = 3;
    private static final int ITERATIONS = 5;
    private static final int ITERATION_MS = 400;

    private Pieces() {}

    public static void main(String[] arguments) throws Exception {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(arguments.length > 0 ? arguments[0] : ".*")
                .mode(Mode.AverageTime)
                .timeUnit(TimeUnit.NANOSECONDS)
                .forks(1)
                .warmupIterations(WARMUPS)
                .warmupTime(TimeValue.milliseconds(ITERATION_MS))
                .measurementIterations(ITERATIONS)
                .measurementTime(TimeValue.milliseconds(ITERATION_MS))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .jvmArgs(
                        "-Xms128m",
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow")
                .addProfiler(GCProfiler.class);
        Collection<RunResult> results = new Runner(options.build()).run();
        System.out.println("| piece | ns/op | ± | B/op |");
        System.out.println("|---|---|---|---|");
        List<String> allocating = new ArrayList<>();
        for (RunResult result : results) {
            Result<?> time = result.getPrimaryResult();
            double bytes = allocated(result);
            System.out.printf(
                    "| %s | %.1f | %.1f | %.0f |%n", name(result), time.getScore(), time.getScoreError(), bytes);
            if (!(bytes < NOTHING)) {
                allocating.add(name(result) + " allocates " + bytes + " bytes");
            }
        }
        if (!allocating.isEmpty()) {
            System.err.println(String.join("\n", allocating));
            System.exit(1);
        }
    }

    private static double allocated(RunResult result) {
        Result<?> rate = result.getSecondaryResults().get("gc.alloc.rate.norm");
        return rate == null ? Double.NaN : rate.getScore();
    }

    private static String name(RunResult result) {
        String[] parts = result.getParams().getBenchmark().split("\\.");
        StringBuilder name = new StringBuilder(parts[parts.length - 2].replace("Bench", ""));
        name.append('.').append(parts[parts.length - 1]);
        BenchmarkParams params = result.getParams();
        for (String key : params.getParamsKeys()) {
            String value = params.getParam(key);
            name.append(", ").append(value.matches("true|false") ? key + " " + value : value);
        }
        return name.toString();
    }
}
