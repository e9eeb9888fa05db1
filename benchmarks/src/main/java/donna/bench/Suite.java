package donna.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Asks the questions of the given sections, prints a table in the field's units and writes the results. Arguments: the
 * results folder, the folder for JMH's logs, {@code full} or {@code smoke}, the sections. {@code smoke} only tries that
 * everything works: its numbers mean nothing and are not kept.
 */
public final class Suite {
    private static final List<String> UNITS = List.of("GFLOP/s", "% of peak", "GB/s", "images/s", "candidates/s");

    private static final String ALLOCATION = "gc.alloc.rate.norm";

    private final Path logs;
    private final boolean smoke;
    private double peakFlops;

    /** A measured case. Error is half of JMH's 99.9 % interval; allocated is what one invocation leaves to the garbage collector. */
    private record Row(
            String question,
            Map<String, String> parameters,
            double microseconds,
            double errorMicroseconds,
            double allocatedBytes,
            Map<String, Double> rates) {
        /** The parameters in words; a bare number gets its name. */
        String name() {
            return parameters.entrySet().stream()
                    .map(e -> e.getValue().matches("\\d+") ? e.getKey() + "=" + e.getValue() : e.getValue())
                    .collect(Collectors.joining(" "));
        }
    }

    private Suite(Path logs, boolean smoke) {
        this.logs = logs;
        this.smoke = smoke;
    }

    public static void main(String[] args) throws RunnerException {
        boolean smoke = args[2].equals("smoke");
        Suite suite = new Suite(Path.of(args[1]), smoke);
        Set<Question.Section> asked = EnumSet.of(Question.Section.CEILINGS);
        Arrays.stream(args)
                .skip(3)
                .map(a -> Question.Section.valueOf(a.toUpperCase(Locale.ROOT)))
                .forEach(asked::add);
        System.out.println(Machine.here());
        for (Question.Section section : asked) {
            List<Row> rows = new ArrayList<>();
            for (Question q : Question.all()) {
                if (q.section() == section) {
                    rows.addAll(suite.ask(q));
                }
            }
            System.out.println("\n" + table(section, rows));
            if (!smoke) {
                System.out.println("written to " + Results.put(Path.of(args[0]), word(section), rows));
            }
        }
    }

    private List<Row> ask(Question q) throws RunnerException {
        System.err.println(q.benchmark().getSimpleName() + " ...");
        List<Row> rows = new ArrayList<>();
        for (RunResult result : run(q.benchmark())) {
            BenchmarkParams p = result.getParams();
            Map<String, String> parameters = new LinkedHashMap<>();
            new TreeSet<>(p.getParamsKeys()).descendingSet().forEach(k -> parameters.put(k, p.getParam(k)));
            Result<?> time = result.getPrimaryResult();
            double seconds = time.getScore() * p.getTimeUnit().toNanos(1) / 1e9;
            double error = time.getScoreError() * p.getTimeUnit().toNanos(1) / 1e3;
            Work work = q.work().apply(parameters::get);
            if (q.section() == Question.Section.CEILINGS) {
                peakFlops = Math.max(peakFlops, work.flops() / seconds);
            }
            rows.add(new Row(
                    q.benchmark().getSimpleName(),
                    parameters,
                    seconds * 1e6,
                    Double.isFinite(error) ? error : 0,
                    result.getSecondaryResults().get(ALLOCATION).getScore(),
                    work.rates(seconds, q.section() == Question.Section.CEILINGS ? 0 : peakFlops)));
        }
        return rows;
    }

    private Collection<RunResult> run(Class<?> benchmark) throws RunnerException {
        TimeValue each = TimeValue.milliseconds(smoke ? 20 : 500);
        Options options = new OptionsBuilder()
                .include(benchmark.getName().replace(".", "\\.") + "\\..*")
                .forks(1)
                .warmupIterations(smoke ? 1 : 4)
                .warmupTime(each)
                .measurementIterations(smoke ? 2 : 6)
                .measurementTime(each)
                .shouldFailOnError(true)
                .addProfiler(GCProfiler.class)
                .output(logs.resolve("jmh-" + benchmark.getSimpleName() + ".log")
                        .toString())
                .build();
        return new Runner(options).run();
    }

    private static String table(Question.Section section, List<Row> rows) {
        List<String> units = UNITS.stream()
                .filter(u -> rows.stream().anyMatch(r -> r.rates().containsKey(u)))
                .toList();
        List<String> header = new ArrayList<>(List.of(word(section), "us", "+-", "B/op"));
        header.addAll(units);
        Table table = new Table(header.toArray(String[]::new));
        for (Row r : rows) {
            List<String> cells = new ArrayList<>(List.of(
                    (r.question() + " " + r.name()).strip(),
                    Table.number(r.microseconds()),
                    Table.number(r.errorMicroseconds()),
                    Table.number(r.allocatedBytes())));
            units.forEach(u ->
                    cells.add(r.rates().containsKey(u) ? Table.number(r.rates().get(u)) : ""));
            table.row(cells);
        }
        return table.toString();
    }

    private static String word(Question.Section section) {
        return section.name().toLowerCase(Locale.ROOT);
    }
}
