package donna.testkit;

import donna.backend.Device;
import donna.backend.Stream;
import donna.tensor.DType;
import donna.tensor.Layout;
import java.util.HashMap;
import java.util.Map;

/**
 * Checks a case's gradient against central differences of its loss, in double: along the first elements of every input
 * and one random direction.
 */
public final class FiniteDifferences {
    private static final double STEP = 1e-5;

    /** Where {@link #STEP} crosses a kink, such as relu's at 0, the difference is no slope: then this one is taken. */
    private static final double SMALL_STEP = 1e-7;

    private static final double KINK = 1e-7;
    private static final int ELEMENTS = 6;

    private FiniteDifferences() {}

    /**
     * Runs the case's gradient on a device that computes in double.
     *
     * @throws AssertionError if the gradient of an input differs
     */
    public static void check(Device device, OpCase c) {
        OpCase.Written written = c.gradient(DType.F64, Layout.PLAIN);
        try (Stream stream = device.openStream();
                CaseRunner runner = new CaseRunner(device, written.graph())) {
            Map<String, double[]> gradients = runner.run(stream, written.values());
            for (String name : written.values().keySet()) {
                double[] gradient = gradients.get("d." + name);
                if (gradient != null) {
                    check(c.name() + ": d." + name, runner, stream, written.values(), name, gradient);
                }
            }
        }
    }

    private static void check(
            String what,
            CaseRunner runner,
            Stream stream,
            Map<String, double[]> values,
            String name,
            double[] gradient) {
        double[] direction = Values.NORMAL.generate(what, gradient.length);
        int elements = Math.min(ELEMENTS, gradient.length);
        double[] expected = new double[elements + 1];
        double[] actual = new double[elements + 1];
        for (int k = 0; k <= elements; k++) {
            double[] way = direction;
            if (k < elements) {
                way = new double[gradient.length];
                way[(int) ((long) k * gradient.length / elements)] = 1;
            }
            for (int i = 0; i < gradient.length; i++) {
                actual[k] += gradient[i] * way[i];
            }
            expected[k] = slope(runner, stream, values, name, way, STEP);
            if (Math.abs(expected[k] - actual[k]) > KINK * Math.abs(expected[k])) {
                double small = slope(runner, stream, values, name, way, SMALL_STEP);
                boolean closer = Math.abs(small - actual[k]) < Math.abs(expected[k] - actual[k]);
                expected[k] = closer ? small : expected[k];
            }
        }
        Tolerance.ofFiniteDifferences().check(what, expected, actual);
    }

    private static double slope(
            CaseRunner runner, Stream stream, Map<String, double[]> values, String name, double[] way, double step) {
        return (loss(runner, stream, values, name, way, step) - loss(runner, stream, values, name, way, -step)) / (2 * step);
    }

    private static double loss(
            CaseRunner runner,
            Stream stream,
            Map<String, double[]> values,
            String name,
            double[] direction,
            double step) {
        double[] moved = values.get(name).clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += step * direction[i];
        }
        Map<String, double[]> changed = new HashMap<>(values);
        changed.put(name, moved);
        return runner.run(stream, changed).get(OpCase.LOSS)[0];
    }
}
