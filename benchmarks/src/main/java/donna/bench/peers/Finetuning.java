package donna.bench.peers;

import donna.backend.Precision;
import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import donna.bench.step.FinetuneStep;
import donna.spec.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long does a finetuning step of a whole network take in PyTorch eager and here, while every core finetunes a network of its own? For each network the
 * two run in turn, each in processes of its own. Arguments: Python, the folder of the networks file and the Python script, the folder for logs, threads,
 * rounds, steps, the precision of both ({@code F32}, {@code BF16}), and the results folder (none: nothing is kept).
 */
public final class Finetuning {
    private static final String SECTION = "finetuning";
    private static final Pattern ALLOCATED = Pattern.compile(", ([0-9.]+) B allocated");
    private static final Pattern TIME = Pattern.compile(": ([0-9.]+) ms");

    /** The part of the networks file that is needed here. */
    private record Networks(List<Named> networks) {}

    private record Named(String name) {}

    /** A line of the result: milliseconds of a step; ratio is eager over ours, round by round; bytes that a step of ours leaves to the garbage collector. */
    private record Row(
            String network, double eagerMs, double oursMs, Spread ratio, List<Double> eagerRounds, List<Double> oursRounds, double allocatedBytes) {
        static Row of(String network, List<Double> eager, List<Double> ours, double allocatedBytes) {
            Spread ratio = Spread.ofRatios(eager, ours);
            return new Row(network, Spread.of(eager).median(), Spread.of(ours).median(), ratio, eager, ours, allocatedBytes);
        }
    }

    private record Race(String pytorch, int threads, int rounds, int steps, List<Row> rows) {}

    private Finetuning() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        String python = args[0];
        Path folder = Path.of(args[1]);
        Path logs = Path.of(args[2]);
        String threads = args[3];
        int rounds = Integer.parseInt(args[4]);
        String steps = args[5];
        Precision precision = Precision.valueOf(args[6]);
        String file = folder.resolve("networks.json").toString();
        String peer = folder.resolve("finetune_peer.py").toString();
        String pytorch = Child.pytorchVersion(logs, python);
        List<Row> rows = new ArrayList<>();
        for (Named network : Json.read(Path.of(file), Networks.class).networks()) {
            List<String> arguments = List.of(file, network.name(), threads, steps, precision.name());
            List<String> eagerCommand = new ArrayList<>(List.of(python, peer));
            eagerCommand.addAll(arguments);
            List<Double> eager = new ArrayList<>();
            List<Double> ours = new ArrayList<>();
            double allocated = 0;
            for (int round = 0; round < rounds; round++) {
                System.err.println(network.name() + ", round " + (round + 1) + " of " + rounds + " ...");
                eager.add(number(TIME, Child.run(logs.resolve("finetune-eager.log"), eagerCommand)));
                Child.Ended own = Child.run(logs.resolve("finetune-ours.log"), Child.java(FinetuneStep.class, arguments));
                ours.add(number(TIME, own));
                allocated = Math.max(allocated, number(ALLOCATED, own));
            }
            rows.add(Row.of(network.name(), eager, ours, allocated));
        }
        Table table = new Table("finetuning step", "eager ms", "ours ms", "ratio [min, max]", "B allocated");
        rows.forEach(r -> table.row(
                r.network(), Table.number(r.eagerMs()), Table.number(r.oursMs()), r.ratio().toString(), Table.number(r.allocatedBytes())));
        System.out.println(Machine.here() + "; PyTorch " + pytorch);
        System.out.println(threads + " networks at once in " + precision.word() + ", a thread each, " + rounds + " rounds in turn\n\n" + table);
        if (args.length > 7) {
            Race race = new Race(pytorch, Integer.parseInt(threads), rounds, Integer.parseInt(steps), rows);
            System.out.println("written to " + Results.put(Path.of(args[7]), precision == Precision.F32 ? SECTION : SECTION + "-" + precision.word(), race));
        }
    }

    private static double number(Pattern what, Child.Ended child) {
        Matcher found = what.matcher(child.output());
        if (!found.find()) {
            throw new IllegalStateException("nothing like '" + what + "' in the output:\n" + child.output());
        }
        return Double.parseDouble(found.group(1));
    }
}
