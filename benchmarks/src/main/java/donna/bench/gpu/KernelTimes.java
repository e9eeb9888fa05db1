package donna.bench.gpu;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.bench.Results;
import donna.bench.Table;
import donna.bench.step.BkdStep;
import donna.bench.step.CandidateStep;
import donna.bench.step.Stages;
import donna.cuda.TimedPlan;
import donna.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** In bf16, how long does each kind of step take beside the time that the card needs at least to move its bytes or do its operations? */
final class KernelTimes {
    private static final int RUNS = 5;
    private static final int SHOWN = 20;
    private static final int TRAINING_BATCH = 128;

    private KernelTimes() {}

    /**
     * Steps of one kind and implementation.
     *
     * @param floorMicroseconds bytes at the rate of a copy, or operations at the rate of a large product, whichever is more; each step for itself
     */
    record Line(String kind, String implementation, int steps, double microseconds, double floorMicroseconds) {}

    /** All lines of one work. */
    record Row(String work, double microseconds, double floorMicroseconds, List<Line> lines) {}

    static void run(CardStep.Place place) {
        Rates rates = Rates.of(place);
        List<Row> rows = new ArrayList<>();
        try (Device device = Backends.open("cuda", Precision.BF16, line -> {});
                Stream stream = device.openStream()) {
            for (String model : ModelWork.TIMM.keySet().stream().sorted().toList()) {
                try (ModelWork.Training training = ModelWork.training(device, model, TRAINING_BATCH, ModelWork.PIXELS)) {
                    // Binds the step's scalars.
                    training.run(stream);
                    rows.add(row("training " + model + ", batch " + TRAINING_BATCH, training.step().plan(), stream, rates));
                }
                place.put("kernels", rows);
            }
            for (Stages.Stage json : Stages.read(place.bundle().resolve("bkd_stages.json")).stages()) {
                Stages.Stage stage = StageWork.scaled(json, TRAINING_BATCH, StageWork.CANDIDATES);
                Map<String, Tensor> data = BkdStep.data(device, stage);
                try (CandidateStep step = new CandidateStep(device, stage, stage.candidates(), data)) {
                    rows.add(row(stage.name() + ", " + step.name() + ", batch " + stage.batch(), step.plan(), stream, rates));
                } finally {
                    data.values().forEach(Tensor::close);
                }
                place.put("kernels", rows);
            }
        }
    }

    /** What the card reaches at most. */
    record Rates(double bytesPerMicrosecond, double flopsPerMicrosecond) {
        /** As the step {@code ceilings} has found them, or finds them now. */
        static Rates of(CardStep.Place place) {
            if (!Results.sections(place.results()).containsKey("ceilings")) {
                Ceilings.run(place);
            }
            if (!(Results.sections(place.results()).get("ceilings").content() instanceof Map<?, ?> found
                    && found.get("copyGBs") instanceof Number copy && found.get("teraflops") instanceof Map<?, ?> products
                    && products.get("bf16") instanceof Number product)) {
                throw new IllegalStateException("the card's ceilings are not known; run the step 'ceilings' and see why it fails");
            }
            return new Rates(copy.doubleValue() * 1e3, product.doubleValue() * 1e6);
        }

        double floor(TimedPlan.StepTime t) {
            return Math.max(t.bytes() / bytesPerMicrosecond, t.flops() / flopsPerMicrosecond);
        }
    }

    private static Row row(String work, Plan plan, Stream stream, Rates rates) {
        Map<String, Line> lines = new LinkedHashMap<>();
        double all = 0;
        double floor = 0;
        for (TimedPlan.StepTime t : ((TimedPlan) plan).times(stream, RUNS)) {
            Line one = new Line(t.kind(), t.implementation(), 1, t.microseconds(), rates.floor(t));
            lines.merge(t.kind() + " " + t.implementation(), one, (a, b) -> new Line(a.kind, a.implementation, a.steps + b.steps,
                    a.microseconds + b.microseconds, a.floorMicroseconds + b.floorMicroseconds));
            all += one.microseconds;
            floor += one.floorMicroseconds;
        }
        List<Line> sorted = lines.values().stream().sorted(Comparator.comparingDouble(Line::microseconds).reversed()).toList();
        Row row = new Row(work, all, floor, sorted);
        Table table = new Table(work, "steps", "us", "% of all", "floor us", "times floor");
        for (Line l : sorted.subList(0, Math.min(SHOWN, sorted.size()))) {
            table.row(l.kind + " " + l.implementation, Integer.toString(l.steps), Table.number(l.microseconds), Table.number(100 * l.microseconds / all),
                    Table.number(l.floorMicroseconds), Table.number(l.microseconds / l.floorMicroseconds));
        }
        table.row("all", "", Table.number(all), "100", Table.number(floor), Table.number(all / floor));
        System.out.println(table);
        return row;
    }
}
