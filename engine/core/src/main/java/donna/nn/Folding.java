package donna.nn;

import java.util.HashMap;
import java.util.Map;

/** Folds batch norm into the convolution before it: {@code w' = w gamma / sqrt(var + eps)}, {@code b' = beta + (b - mean) gamma / sqrt(var + eps)}. */
public final class Folding {
    private Folding() {}

    /**
     * The values of a graph written in mode {@link GraphWriter.Mode#FOLDED}: every variable of {@code writer}'s graph from the network's own parameters.
     */
    public static Map<String, float[]> fold(GraphWriter writer, Map<String, float[]> parameters) {
        Map<String, float[]> out = new HashMap<>(parameters);
        for (GraphWriter.FoldedPair p : writer.foldedPairs()) {
            float[] weight = parameters.get(p.weight()).clone();
            float[] gamma = parameters.get(p.norm().gamma().name());
            float[] beta = parameters.get(p.norm().beta().name());
            float[] mean = parameters.get(p.norm().mean().name());
            float[] var = parameters.get(p.norm().var().name());
            float[] own = p.bias().map(parameters::get).orElseGet(() -> new float[gamma.length]);
            float[] bias = new float[gamma.length];
            int each = weight.length / gamma.length;
            for (int o = 0; o < gamma.length; o++) {
                double factor = gamma[o] / Math.sqrt(var[o] + (double) p.norm().eps());
                bias[o] = (float) (beta[o] + (own[o] - mean[o]) * factor);
                for (int i = 0; i < each; i++) {
                    weight[o * each + i] *= (float) factor;
                }
            }
            out.put(p.weight(), weight);
            out.put(p.folded(), bias);
        }
        return out;
    }
}
