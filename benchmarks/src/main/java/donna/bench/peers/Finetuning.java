package donna.bench.peers;

import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import donna.bench.step.FinetuneStep;
import donna.bench.step.Model;
import donna.spec.Json;
import donna.spec.SearchSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How long does a finetuning step of a whole network take in PyTorch eager, which gives it all threads, and here, with
 * a network per thread? The two run in turn, each in a process of its own. Arguments: Python, the peer's script, a spec,
 * the folder for logs, batch, threads, rounds, steps, and the results folder (none: nothing is kept).
 */
public final class Finetuning {
    /** Milliseconds for one step of one network; ratio is eager over ours, round by round. */
    private record Row(
            String model, double eagerMs, double oursMs, Spread ratio, List<Double> eagerRounds, List<Double> oursRounds) {}

    private record Race(String pytorch, int batch, int threads, int rounds, int steps, List<Row> rows) {}

    private Finetuning() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Path logs = Path.of(args[3]);
        int batch = Integer.parseInt(args[4]);
        int threads = Integer.parseInt(args[5]);
        int rounds = Integer.parseInt(args[6]);
        int steps = Integer.parseInt(args[7]);
        String pytorch = Child.pytorchVersion(logs, args[0]);
        List<Row> rows = new ArrayList<>();
        Table table = new Table("finetuning", "eager ms", "ours ms", "ratio [min, max]");
        for (Model model : List.of(Model.reference(SearchSpec.read(Path.of(args[2]))), Model.mobileNetV2())) {
            Path file = logs.resolve(model.name() + ".json");
            Json.write(file, model);
            List<String> eager = List.of(args[0], args[1], file.toString(), args[4], args[5], args[7]);
            List<String> ours = Child.java(FinetuneStep.class, List.of(file.toString(), "cpu", args[4], args[5], args[7]));
            Row row = race(model.name(), logs, rounds, threads, eager, ours);
            rows.add(row);
            table.row(row.model(), Table.number(row.eagerMs()), Table.number(row.oursMs()), row.ratio().toString());
        }
        System.out.println(Machine.here() + "; PyTorch " + pytorch);
        System.out.println("a step of one network, batch " + batch + ", " + threads + " threads, " + rounds
                + " rounds in turn\n\n" + table);
        if (args.length > 8) {
            Race race = new Race(pytorch, batch, threads, rounds, steps, rows);
            System.out.println("written to " + Results.put(Path.of(args[8]), "finetuning", race));
        }
    }

    private static Row race(String model, Path logs, int rounds, int threads, List<String> eager, List<String> ours)
            throws IOException, InterruptedException {
        List<Double> eagerMs = new ArrayList<>();
        List<Double> oursMs = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            System.err.println(model + ", round " + (round + 1) + " of " + rounds + " ...");
            for (boolean first : round % 2 == 0 ? new boolean[] {true, false} : new boolean[] {false, true}) {
                if (first) {
                    eagerMs.add(milliseconds(Child.run(logs.resolve("finetune-eager.log"), eager).output(), model));
                } else {
                    oursMs.add(milliseconds(Child.run(logs.resolve("finetune-ours.log"), ours).output(), model) / threads);
                }
            }
        }
        return new Row(model, Spread.of(eagerMs).median(), Spread.of(oursMs).median(), Spread.ofRatios(eagerMs, oursMs), eagerMs, oursMs);
    }

    private static double milliseconds(String output, String model) {
        List<Double> ms = BlockDistillation.milliseconds(model, output);
        if (ms.size() != 1) {
            throw new IllegalStateException(model + ": " + ms.size() + " times, expected one; the output was\n" + output);
        }
        return ms.getFirst();
    }
}
