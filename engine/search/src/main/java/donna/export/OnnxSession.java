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
 * An ONNX file loaded into ONNX Runtime, on one CPU thread: the independent judge of what {@link OnnxExport} writes.
 * Owner: closes it. Thread rule: one run at a time.
 */
public final class OnnxSession implements AutoCloseable {
    private final Path file;
    private final OrtEnvironment environment;
    private final OrtSession.SessionOptions options;
    private final OrtSession session;

    /**
     * Loads {@code file}.
     *
     * @throws DonnaException.InvalidInput if it is no model
     * @throws DonnaException.Unavailable if ONNX Runtime cannot be loaded here
     */
    public OnnxSession(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new DonnaException.InvalidInput(file + ": there is no such file");
        }
        this.file = file;
        try {
            environment = OrtEnvironment.getEnvironment();
            options = new OrtSession.SessionOptions();
        } catch (LinkageError e) {
            throw new DonnaException.Unavailable(
                    "ONNX Runtime cannot be loaded here (" + e
                            + "); run with --enable-native-access=com.microsoft.onnxruntime",
                    e);
        }
        try {
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            session = environment.createSession(file.toString(), options);
        } catch (OrtException e) {
            options.close();
            throw refused(e);
        }
    }

    private DonnaException.InvalidInput refused(OrtException e) {
        return new DonnaException.InvalidInput(file + ": ONNX Runtime does not accept it (" + e.getMessage() + ")", e);
    }

    /**
     * Runs the model and returns its outputs by name, row-major.
     *
     * @param inputs row-major values by name; the batch is worked out from their number where the file leaves it open
     * @throws DonnaException.InvalidInput if the inputs do not fit, or an output is no tensor of floats
     */
    public Map<String, float[]> run(Map<String, float[]> inputs) {
        Map<String, OnnxTensor> tensors = new HashMap<>();
        try {
            if (!session.getInputNames().equals(inputs.keySet())) {
                throw new DonnaException.InvalidInput(
                        file + ": its inputs are " + session.getInputNames() + ", got " + inputs.keySet());
            }
            for (NodeInfo in : session.getInputInfo().values()) {
                float[] values = inputs.get(in.getName());
                long[] shape = shape(in, values.length);
                tensors.put(in.getName(), OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape));
            }
            Map<String, float[]> outputs = new LinkedHashMap<>();
            try (OrtSession.Result result = session.run(tensors)) {
                for (Map.Entry<String, OnnxValue> e : result) {
                    outputs.put(e.getKey(), floats(e.getKey(), e.getValue()));
                }
            }
            return outputs;
        } catch (OrtException e) {
            throw refused(e);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    private float[] floats(String name, OnnxValue value) {
        if (!(value instanceof OnnxTensor tensor) || tensor.getFloatBuffer() == null) {
            throw new DonnaException.InvalidInput(file + ": output '" + name + "' is no tensor of floats");
        }
        FloatBuffer buffer = tensor.getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    private long[] shape(NodeInfo in, int values) {
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

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new DonnaException.NativeFailure("ONNX Runtime cannot close " + file + ": " + e.getMessage(), e);
        } finally {
            options.close();
        }
    }
}
