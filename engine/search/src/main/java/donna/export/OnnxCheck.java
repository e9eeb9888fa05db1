package donna.export;

import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.Map;

/** Compares what ONNX Runtime makes of a file with what it should. Thread-safe. */
public final class OnnxCheck {
    private OnnxCheck() {}

    /**
     * Loads a model, runs it once and returns its outputs by name, row-major.
     *
     * @param inputs row-major values by name; the batch is worked out from their number where the file leaves it open
     * @throws DonnaException.InvalidInput if the file is no such model or the inputs do not fit
     * @throws DonnaException.Unavailable if ONNX Runtime cannot be loaded here
     */
    public static Map<String, float[]> run(Path file, Map<String, float[]> inputs) {
        try (OnnxSession session = new OnnxSession(file)) {
            return session.run(inputs);
        }
    }

    /**
     * The largest absolute difference between what ONNX Runtime makes of {@code inputs} and {@code expected};
     * infinite where one of the two is no finite number and the other differs.
     *
     * @param expected row-major values of some or all outputs
     * @throws DonnaException.InvalidInput as {@link #run}, or if an output is missing or has another number of values
     */
    public static double maxAbsDifference(Path file, Map<String, float[]> inputs, Map<String, float[]> expected) {
        Map<String, float[]> found = run(file, inputs);
        double worst = 0;
        for (Map.Entry<String, float[]> e : expected.entrySet()) {
            float[] values = found.getOrDefault(e.getKey(), new float[0]);
            if (values.length != e.getValue().length) {
                throw new DonnaException.InvalidInput(file + ": output '" + e.getKey() + "' has " + values.length
                        + " values, expected " + e.getValue().length);
            }
            worst = Math.max(worst, largestDifference(values, e.getValue()));
        }
        return worst;
    }

    /** Of two tensors of the same size, as {@link #maxAbsDifference} has it. */
    static double largestDifference(float[] a, float[] b) {
        double worst = 0;
        for (int i = 0; i < a.length; i++) {
            double d = Float.compare(a[i], b[i]) == 0 ? 0 : Math.abs((double) a[i] - b[i]);
            worst = Math.max(worst, Double.isNaN(d) ? Double.POSITIVE_INFINITY : d);
        }
        return worst;
    }
}
