package donna.export;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import donna.tensor.DonnaException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Runs a written model in ONNX Runtime, on one CPU thread: the independent judge of {@link OnnxExport}.
 * Thread-safe.
 */
public final class OnnxCheck {
    private OnnxCheck() {}

    /**
     * Runs a model of float tensors and returns its outputs by name, row-major.
     *
     * @param inputs row-major values by name; the batch is worked out from their number where the file leaves it open
     * @throws DonnaException.InvalidInput if the file is no such model or the inputs do not fit
     * @throws DonnaException.Unavailable if ONNX Runtime cannot be loaded here
     */
    public static Map<String, float[]> run(Path file, Map<String, float[]> inputs) {
        if (!Files.isRegularFile(file)) {
            throw new DonnaException.InvalidInput(file + ": there is no such file");
        }
        Map<String, OnnxTensor> tensors = new HashMap<>();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            OrtEnvironment environment = OrtEnvironment.getEnvironment();
            try (OrtSession session = environment.createSession(file.toString(), options)) {
                if (!session.getInputNames().equals(inputs.keySet())) {
                    throw new DonnaException.InvalidInput(
                            file + ": its inputs are " + session.getInputNames() + ", got " + inputs.keySet());
                }
                for (NodeInfo in : session.getInputInfo().values()) {
                    float[] values = inputs.get(in.getName());
                    long[] shape = shape(file, in, values.length);
                    tensors.put(in.getName(), OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape));
                }
                Map<String, float[]> outputs = new LinkedHashMap<>();
                try (OrtSession.Result result = session.run(tensors)) {
                    for (Map.Entry<String, OnnxValue> e : result) {
                        outputs.put(e.getKey(), floats(file, e.getKey(), e.getValue()));
                    }
                }
                return outputs;
            }
        } catch (OrtException e) {
            throw new DonnaException.InvalidInput(
                    file + ": ONNX Runtime does not accept it (" + e.getMessage() + ")", e);
        } catch (LinkageError e) {
            throw new DonnaException.Unavailable(
                    "ONNX Runtime cannot be loaded here (" + e
                            + "); run with --enable-native-access=com.microsoft.onnxruntime",
                    e);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    private static float[] floats(Path file, String name, OnnxValue value) {
        if (!(value instanceof OnnxTensor tensor) || tensor.getFloatBuffer() == null) {
            throw new DonnaException.InvalidInput(file + ": output '" + name + "' is no tensor of floats");
        }
        FloatBuffer buffer = tensor.getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    private static long[] shape(Path file, NodeInfo in, int values) {
        if (!(in.getInfo() instanceof TensorInfo info) || info.getShape().length == 0) {
            throw new DonnaException.InvalidInput(file + ": input '" + in.getName() + "' is no tensor with a batch");
        }
        long[] shape = info.getShape();
        long each = Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
        if (shape[0] < 0 && each > 0 && values % each == 0) {
            shape[0] = values / each;
        }
        if (shape[0] * each != values) {
            throw new DonnaException.InvalidInput(file + ": input '" + in.getName() + "' is "
                    + Arrays.toString(info.getShape()) + ", got " + values + " values");
        }
        return shape;
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
            for (int i = 0; i < values.length; i++) {
                worst = Math.max(worst, difference(values[i], e.getValue()[i]));
            }
        }
        return worst;
    }

    private static double difference(float a, float b) {
        double d = Float.compare(a, b) == 0 ? 0 : Math.abs((double) a - b);
        return Double.isNaN(d) ? Double.POSITIVE_INFINITY : d;
    }
}
