package donna.bench.gpu;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.bench.Table;
import donna.cuda.TimedPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What would it bring to measure which of cuBLASLt's algorithms is the fastest? The products of EfficientNet-B0's training step in bf16, each as the library
 * chooses it and as a fast device does, and the time that its bytes or operations need at least.
 */
final class ProductTimes {
    private static final String MODEL = "efficientnet_b0";
    private static final int BATCH = 128;
    private static final int RUNS = 7;

    private ProductTimes() {}

    /** One product; {@code sizes} are its rows, columns and the length of its sums. */
    record Line(String node, String kind, String sizes, double firstMicroseconds, double fastestMicroseconds, double floorMicroseconds) {}

    static void run(CardStep.Place place) {
        KernelTimes.Rates rates = KernelTimes.Rates.of(place);
        List<TimedPlan.StepTime> first = times(false);
        List<TimedPlan.StepTime> fastest = times(true);
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < first.size(); i++) {
            TimedPlan.StepTime f = first.get(i);
            lines.add(new Line(f.node(), f.kind(), f.sizes(), f.microseconds(), fastest.get(i).microseconds(), rates.floor(f)));
        }
        lines.sort(Comparator.comparingDouble((Line l) -> l.firstMicroseconds - l.fastestMicroseconds).reversed());
        place.put("products", lines);
        Table table = new Table("products of " + MODEL + " in training, batch " + BATCH + ", bf16, ms", "rows x columns x sum", "first", "fastest", "floor");
        lines.forEach(l -> table.row(l.kind + " " + l.node, l.sizes, milliseconds(l.firstMicroseconds), milliseconds(l.fastestMicroseconds),
                milliseconds(l.floorMicroseconds)));
        table.row("all", "", milliseconds(lines.stream().mapToDouble(Line::firstMicroseconds).sum()),
                milliseconds(lines.stream().mapToDouble(Line::fastestMicroseconds).sum()),
                milliseconds(lines.stream().mapToDouble(Line::floorMicroseconds).sum()));
        System.out.println(table);
    }

    private static String milliseconds(double microseconds) {
        return Table.number(microseconds / 1e3);
    }

    private static List<TimedPlan.StepTime> times(boolean fast) {
        try (Device device = Backends.open("cuda", Precision.BF16, fast, line -> {});
                Stream stream = device.openStream();
                ModelWork.Training training = ModelWork.training(device, MODEL, BATCH, ModelWork.PIXELS)) {
            // Binds the step's scalars.
            training.run(stream);
            return ((TimedPlan) training.step().plan()).times(stream, RUNS).stream().filter(t -> !t.sizes().isEmpty()).toList();
        }
    }
}
