package donna.bench.gpu;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Stream;
import donna.bench.Table;
import donna.bench.step.BkdStep;
import donna.bench.step.CandidateStep;
import donna.bench.step.Stages;
import donna.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Do the losses of the first training steps on the card equal those on the CPU? */
final class Parity {
    private static final int STEPS = 6;

    private Parity() {}

    private record Row(String candidate, double[] cpu, double[] card, double worstRelative) {}

    static void run(CardStep.Place place) {
        List<Row> rows = new ArrayList<>();
        Table table = new Table("parity with the CPU, " + STEPS + " steps", "first loss", "last loss", "last, card", "worst relative difference");
        try (Device cpu = Backends.open("cpu", line -> {});
                Device card = Backends.open("cuda", line -> {})) {
            for (Stages.Stage stage : Stages.read(place.bundle().resolve("bkd_stages.json")).stages()) {
                for (Stages.Candidate c : stage.candidates()) {
                    Row r = row(stage.name() + " " + c, losses(cpu, stage, c), losses(card, stage, c));
                    rows.add(r);
                    table.row(stage.name() + " " + name(c), Double.toString(r.cpu[0]), Double.toString(r.cpu[STEPS - 1]), Double.toString(r.card[STEPS - 1]),
                            String.format("%.1e", r.worstRelative));
                }
            }
        } finally {
            place.put("parity", rows);
            System.out.println(table);
        }
    }

    static String name(Stages.Candidate c) {
        return c.type() + " d" + c.depth() + " k" + c.kernel() + " e" + c.expand() + (c.se() ? " se " : " ") + c.act();
    }

    private static Row row(String name, double[] cpu, double[] card) {
        double worst = 0;
        for (int i = 0; i < STEPS; i++) {
            double difference = Math.abs(cpu[i] - card[i]) / Math.abs(cpu[i]);
            worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
        }
        return new Row(name, cpu, card, worst);
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
