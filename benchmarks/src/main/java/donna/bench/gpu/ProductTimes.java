package donna.bench.gpu;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.bench.Table;
import donna.cuda.TimedPlan;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What would it bring to measure which of cuBLASLt's algorithms is the fastest? The products of EfficientNet-B0's training step in bf16, each as the library
 * chooses it and as a fast device does, and the time that its bytes or operations need at least.
 */
final class ProductTimes {
    private static final String MODEL = "efficientnet_b0";
    private static final int BATCH = 128;
    private static final int RUNS = 7;
    private static final int SHOWN = 40;

    private ProductTimes() {}

    /** Products of one kind and size, all together; {@code sizes} are rows, columns and the length of the sums. */
    record Line(String kind, String sizes, int count, double firstMicroseconds, double fastestMicroseconds, double floorMicroseconds) {
        Line and(Line o) {
            return new Line(kind, sizes, count + o.count, firstMicroseconds + o.firstMicroseconds, fastestMicroseconds + o.fastestMicroseconds,
                    floorMicroseconds + o.floorMicroseconds);
        }

        double gain() {
            return firstMicroseconds - fastestMicroseconds;
        }
    }

    static void run(CardStep.Place place) {
        KernelTimes.Rates rates = KernelTimes.Rates.of(place);
        List<TimedPlan.StepTime> first = times(false);
        List<TimedPlan.StepTime> fastest = times(true);
        Map<String, Line> bySize = new LinkedHashMap<>();
        for (int i = 0; i < first.size(); i++) {
            TimedPlan.StepTime f = first.get(i);
            bySize.merge(f.kind() + " " + f.sizes(),
                    new Line(f.kind(), f.sizes(), 1, f.microseconds(), fastest.get(i).microseconds(), rates.floor(f)), Line::and);
        }
        List<Line> lines = bySize.values().stream().sorted(Comparator.comparingDouble(Line::gain).reversed()).toList();
        place.put("products", lines);
        Table table = new Table("products of " + MODEL + " in training, batch " + BATCH + ", bf16, ms", "how many", "first", "fastest", "floor");
        lines.stream().limit(SHOWN).forEach(l -> row(table, l.kind + " " + l.sizes, l));
        row(table, "all", lines.stream().reduce(Line::and).orElseThrow());
        System.out.println(table);
    }

    private static void row(Table table, String name, Line l) {
        table.row(name, Integer.toString(l.count), milliseconds(l.firstMicroseconds), milliseconds(l.fastestMicroseconds), milliseconds(l.floorMicroseconds));
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
