package donna.bench.peers;

import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many architectures does NSGA-II rate in a second, and how good is its front, here and in pymoo? For each
 * population and seed the two run in turn, each in a process of its own: pymoo, ours with one thread, ours with all.
 * Arguments: Python, the peer, the folder for logs, threads, seeds, and the results folder (none: nothing is kept).
 */
public final class BlockChoice {
    private static final int BLOCKS = 5;
    private static final int OPTIONS = 384;
    private static final int GENERATIONS = 50;
    private static final Pattern RATE = Pattern.compile("([0-9]+) evaluations/s");
    private static final Pattern FIRST = Pattern.compile("first run ([0-9]+)");
    private static final Pattern VOLUME = Pattern.compile("hypervolume ([0-9.]+)");

    private BlockChoice() {}

    /** One process's result; the first run is before the JVM has compiled, and pymoo's only one. */
    record Run(double perSecond, double firstPerSecond, double hypervolume) {
        static Run of(String output) {
            Matcher first = FIRST.matcher(output);
            double rate = number(RATE, output);
            return new Run(rate, first.find() ? Double.parseDouble(first.group(1)) : rate, number(VOLUME, output));
        }

        private static double number(Pattern pattern, String output) {
            Matcher m = pattern.matcher(output);
            if (!m.find()) {
                throw new IllegalStateException("no " + pattern.pattern() + " in\n" + output);
            }
            return Double.parseDouble(m.group(1));
        }
    }

    /** A line of the result; ratios are taken seed by seed. */
    private record Row(
            int population,
            int threads,
            double pymooPerSecond,
            double oursPerSecond,
            double oursFirstRunPerSecond,
            Spread ratio,
            double pymooHypervolume,
            double oursHypervolume,
            int seedsNoWorse) {
        static Row of(int population, int threads, List<Run> pymoo, List<Run> ours) {
            int noWorse = 0;
            for (int i = 0; i < ours.size(); i++) {
                noWorse += ours.get(i).hypervolume() >= pymoo.get(i).hypervolume() ? 1 : 0;
            }
            List<Double> pymooRates = pymoo.stream().map(Run::perSecond).toList();
            List<Double> ourRates = ours.stream().map(Run::perSecond).toList();
            return new Row(
                    population,
                    threads,
                    Spread.of(pymooRates).median(),
                    Spread.of(ourRates).median(),
                    Spread.of(ours.stream().map(Run::firstPerSecond).toList()).median(),
                    Spread.ofRatios(ourRates, pymooRates),
                    mean(pymoo),
                    mean(ours),
                    noWorse);
        }

        private static double mean(List<Run> runs) {
            return runs.stream().mapToDouble(Run::hypervolume).average().orElseThrow();
        }
    }

    private record Race(String pymoo, int blocks, int options, int generations, int seeds, List<Row> rows) {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Path logs = Path.of(args[2]);
        int threads = Integer.parseInt(args[3]);
        int seeds = Integer.parseInt(args[4]);
        String version = Child.run(
                        logs.resolve("version.log"), List.of(args[0], "-c", "import pymoo; print(pymoo.__version__)"))
                .output()
                .strip();
        List<Row> rows = new ArrayList<>();
        for (int population : new int[] {100, 1000}) {
            List<Run> pymoo = new ArrayList<>();
            List<Run> alone = new ArrayList<>();
            List<Run> all = new ArrayList<>();
            for (int seed = 1; seed <= seeds; seed++) {
                System.err.println("population " + population + ", seed " + seed + " of " + seeds + " ...");
                List<String> task = task(population, seed);
                List<String> command = new ArrayList<>(List.of(args[0], args[1]));
                command.addAll(task);
                pymoo.add(Run.of(Child.run(logs.resolve("nsga2-pymoo.log"), command).output()));
                alone.add(ours(logs, task, 1));
                all.add(ours(logs, task, threads));
            }
            rows.add(Row.of(population, 1, pymoo, alone));
            rows.add(Row.of(population, threads, pymoo, all));
        }
        System.out.println(Machine.here() + "; pymoo " + version);
        System.out.println(table(rows));
        if (args.length > 5) {
            System.out.println("written to "
                    + Results.put(
                            Path.of(args[5]),
                            "nsga2",
                            new Race(version, BLOCKS, OPTIONS, GENERATIONS, seeds, rows)));
        }
    }

    private static List<String> task(int population, int seed) {
        return List.of(
                Integer.toString(BLOCKS),
                Integer.toString(OPTIONS),
                Integer.toString(population),
                Integer.toString(GENERATIONS),
                Integer.toString(seed));
    }

    private static Run ours(Path logs, List<String> task, int threads) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(task);
        arguments.add(Integer.toString(threads));
        return Run.of(Child.run(logs.resolve("nsga2-ours.log"), Child.java(BlockChoiceRun.class, arguments))
                .output());
    }

    private static String table(List<Row> rows) {
        Table table = new Table(
                "population x generations",
                "threads",
                "pymoo/s",
                "ours/s",
                "first run/s",
                "ratio [min, max]",
                "pymoo hypervolume",
                "ours",
                "seeds no worse");
        for (Row r : rows) {
            table.row(
                    r.population() + " x " + GENERATIONS,
                    Integer.toString(r.threads()),
                    Table.number(r.pymooPerSecond()),
                    Table.number(r.oursPerSecond()),
                    Table.number(r.oursFirstRunPerSecond()),
                    r.ratio().toString(),
                    String.format(Locale.ROOT, "%.5f", r.pymooHypervolume()),
                    String.format(Locale.ROOT, "%.5f", r.oursHypervolume()),
                    Integer.toString(r.seedsNoWorse()));
        }
        return table.toString();
    }
}
