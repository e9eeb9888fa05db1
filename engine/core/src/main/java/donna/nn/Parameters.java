package donna.nn;

import donna.backend.Device;
import donna.tensor.Buffer;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The named tensors of one network on a device: one buffer, one view a tensor. Owner: whoever made it closes it. Thread rule: read by many plans at once,
 * changed by one.
 */
public final class Parameters implements AutoCloseable {
    private final Map<String, ParameterSpec> specs = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final Buffer buffer;

    private Parameters(Device device, Collection<ParameterSpec> all) {
        long bytes = 0;
        for (ParameterSpec p : all) {
            bytes += aligned(p);
        }
        buffer = device.allocate(Math.max(64, bytes));
        long at = 0;
        for (ParameterSpec p : all) {
            specs.put(p.name(), p);
            tensors.put(p.name(), Tensor.view(p.tensor(), buffer, at));
            at += aligned(p);
        }
    }

    /** Cache-line alignment, and room to read whole vectors past the end of the last element. */
    private static long aligned(ParameterSpec p) {
        return (p.tensor().bytes() + 63) / 64 * 64;
    }

    /** Fresh tensors with their starting values. */
    public static Parameters initialize(Device device, Collection<ParameterSpec> specs, long seed) {
        return of(device, specs, p -> p.init().values(seed, p.name(), Math.toIntExact(p.shape().elements())));
    }

    /** Tensors with given values. */
    public static Parameters of(Device device, Collection<ParameterSpec> specs, Map<String, float[]> values) {
        return of(device, specs, p -> {
            float[] v = values.get(p.name());
            if (v == null || v.length != p.shape().elements()) {
                throw new DonnaException.InvalidInput("parameter '" + p.name() + "' " + p.shape() + ": "
                        + (v == null ? "the given weights do not have it" : "the given weights have " + v.length + " values")
                        + "; they belong to another network");
            }
            return v;
        });
    }

    private static Parameters of(Device device, Collection<ParameterSpec> specs, Function<ParameterSpec, float[]> values) {
        Parameters all = new Parameters(device, specs);
        try {
            float[] host = new float[Math.toIntExact(all.buffer.bytes() / Float.BYTES)];
            specs.forEach(p -> {
                float[] v = values.apply(p);
                System.arraycopy(v, 0, host, all.at(p.name()), v.length);
            });
            all.buffer.write(0, MemorySegment.ofArray(host));
        } catch (RuntimeException e) {
            all.close();
            throw e;
        }
        return all;
    }

    /** Where a tensor's first number lies among the buffer's. */
    private int at(String name) {
        return Math.toIntExact(tensors.get(name).offset() / Float.BYTES);
    }

    public Map<String, Tensor> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    public List<ParameterSpec> specs() {
        return List.copyOf(specs.values());
    }

    /** A copy of all values on the host. */
    public Map<String, float[]> values() {
        float[] host = new float[Math.toIntExact(buffer.bytes() / Float.BYTES)];
        buffer.read(0, MemorySegment.ofArray(host));
        Map<String, float[]> out = new LinkedHashMap<>();
        tensors.forEach((name, t) -> out.put(name, Arrays.copyOfRange(host, at(name), at(name) + Math.toIntExact(t.shape().elements()))));
        return out;
    }

    @Override
    public void close() {
        buffer.close();
    }
}
