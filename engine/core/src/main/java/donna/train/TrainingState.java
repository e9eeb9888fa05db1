package donna.train;

import donna.backend.Device;
import donna.nn.ParameterSpec;
import donna.nn.Parameters;
import donna.tensor.Tensor;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything a training run carries from step to step: parameters, running statistics, optimizer state, the loss's scale where a device wants one. Saved and
 * restored whole, so that a resumed run goes on with the same bits. Owner: whoever made it closes it.
 */
public final class TrainingState implements AutoCloseable {
    private final Parameters parameters;
    private final Parameters optimizer;

    private TrainingState(Parameters parameters, Parameters optimizer) {
        this.parameters = parameters;
        this.optimizer = optimizer;
    }

    /** Starts from given weights: {@code values} holds every parameter. */
    public static TrainingState start(Device device, Collection<ParameterSpec> specs, Map<String, float[]> values, Recipe recipe) {
        Parameters parameters = Parameters.of(device, specs, values);
        List<ParameterSpec> state = Update.state(device, recipe, specs.stream().filter(ParameterSpec::trainable).toList());
        Map<String, float[]> kept = new HashMap<>();
        for (ParameterSpec s : state) {
            float[] own = values.get(s.name());
            if (own == null && s.name().startsWith("ema.")) {
                own = values.get(s.name().substring("ema.".length()));
            }
            kept.put(s.name(), own == null ? s.init().values(0, s.name(), Math.toIntExact(s.shape().elements())) : own);
        }
        return new TrainingState(parameters, Parameters.of(device, state, kept));
    }

    /** The starting values of fresh parameters. */
    public static Map<String, float[]> initialValues(Collection<ParameterSpec> specs, long seed) {
        Map<String, float[]> out = new LinkedHashMap<>();
        specs.forEach(p -> out.put(p.name(), p.init().values(seed, p.name(), Math.toIntExact(p.shape().elements()))));
        return out;
    }

    public Parameters parameters() {
        return parameters;
    }

    /** Every tensor by name. */
    public Map<String, Tensor> tensors() {
        Map<String, Tensor> all = new HashMap<>(parameters.tensors());
        all.putAll(optimizer.tensors());
        return all;
    }

    /** The weights to use after training: the moving average where one is kept. */
    public Map<String, float[]> result() {
        Map<String, float[]> out = parameters.values();
        optimizer.tensors().forEach((name, t) -> {
            if (name.startsWith("ema.")) {
                out.put(name.substring("ema.".length()), t.toFloats());
            }
        });
        return out;
    }

    /** Everything, for a checkpoint; {@link #start} takes it back. */
    public Map<String, float[]> values() {
        Map<String, float[]> out = parameters.values();
        out.putAll(optimizer.values());
        return out;
    }

    @Override
    public void close() {
        parameters.close();
        optimizer.close();
    }
}
