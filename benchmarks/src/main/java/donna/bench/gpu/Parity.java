package donna.bench.gpu;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.bench.Table;
import donna.bench.step.BkdStep;
import donna.bench.step.CandidateStep;
import donna.bench.step.Stages;
import donna.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Do the losses of the first training steps on the card equal those on the CPU? */
final class Parity {
    private static final int STEPS = 6;

    private Parity() {}

    /** Losses step by step; and by precision the largest difference from the CPU's, as a share of it. */
    private record Row(String candidate, double[] cpu, Map<String, double[]> card, Map<String, Double> worstRelative) {}

    static void run(CardStep.Place place) {
        List<Row> rows = new ArrayList<>();
        Table table = new Table("losses, relative to the CPU's, " + STEPS + " steps", "first", "last", "f32", "tf32", "bf16", "f16");
        try (Device cpu = Backends.open("cpu", line -> {});
                Cards cards = new Cards()) {
            for (Stages.Stage stage : Stages.read(place.bundle().resolve("bkd_stages.json")).stages()) {
                for (Stages.Candidate c : stage.candidates()) {
                    Row r = row(stage, c, losses(cpu, stage, c), cards);
                    rows.add(r);
                    List<String> cells = new ArrayList<>(List.of(stage.name() + " " + name(c), Double.toString(r.cpu[0]), Double.toString(r.cpu[STEPS - 1])));
                    r.worstRelative.values().forEach(w -> cells.add(String.format(Locale.ROOT, "%.1e", w)));
                    table.row(cells);
                }
            }
        } finally {
            place.put("parity", rows);
            System.out.println(table);
        }
    }

    private static Row row(Stages.Stage stage, Stages.Candidate c, double[] cpu, Cards cards) {
        Map<String, double[]> card = new LinkedHashMap<>();
        Map<String, Double> worst = new LinkedHashMap<>();
        for (Precision p : Precision.values()) {
            double[] losses = losses(cards.open(p), stage, c);
            card.put(p.word(), losses);
            worst.put(p.word(), worst(cpu, losses));
        }
        return new Row(stage.name() + " " + c, cpu, card, worst);
    }

    static String name(Stages.Candidate c) {
        return c.type() + " d" + c.depth() + " k" + c.kernel() + " e" + c.expand() + (c.se() ? " se " : " ") + c.act();
    }

    private static double worst(double[] cpu, double[] card) {
        double worst = 0;
        for (int i = 0; i < STEPS; i++) {
            double difference = Math.abs(cpu[i] - card[i]) / Math.abs(cpu[i]);
            worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
        }
        return worst;
    }

    private static double[] losses(Device device, Stages.Stage stage, Stages.Candidate c) {
        Map<String, Tensor> data = BkdStep.data(device, stage);
        try (CandidateStep step = new CandidateStep(device, stage, c, data);
                Stream stream = device.openStream()) {
            double[] losses = new double[STEPS];
            Arrays.setAll(losses, i -> step.run(stream));
            return losses;
        } finally {
            data.values().forEach(Tensor::close);
        }
    }
}
