package donna.model;

import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The weights of a reduced layer out of the whole one's. Of channels that must be equal, those stay whose filters are largest: the sum of absolute
 * weights, over all layers that make them (Li et al., Pruning filters for efficient convnets, 2017).
 */
final class Inheritance {
    private final Slimming slimming;

    Inheritance(Reduced reduced, Shape input) {
        TensorSpec src = TensorSpec.f32(1, input.dim(0), input.dim(1), input.dim(2));
        slimming = new Slimming(reduced, src);
        GraphWriter w = new GraphWriter(GraphWriter.Mode.INFERENCE);
        slimming.write(w, "", w.graph().input("src", src));
    }

    /** @param values of the whole layer, by name */
    Map<String, float[]> of(Map<String, float[]> values) {
        Map<Value, double[]> importance = importance(slimming.graph(), values);
        Map<Value, int[]> kept = new HashMap<>();
        Map<String, float[]> out = new LinkedHashMap<>();
        for (Slimming.Use use : slimming.uses()) {
            int[][] taken = new int[use.slim().rank()][];
            for (int d = 0; d < taken.length; d++) {
                int size = use.slim().dim(d);
                int whole = use.whole().dim(d);
                Optional<Value> group = use.channels().get(d);
                taken[d] = group.isPresent()
                        ? kept.computeIfAbsent(group.get(), g -> largest(importance.getOrDefault(g, new double[whole]), size))
                        : IntStream.range((whole - size) / 2, (whole - size) / 2 + size).toArray();
            }
            out.put(use.name(), gathered(values.get(use.name()), use.whole(), taken));
        }
        return out;
    }

    private Map<Value, double[]> importance(Graph graph, Map<String, float[]> values) {
        Map<Value, double[]> all = new HashMap<>();
        for (Node n : graph.nodes()) {
            if ((n.op() instanceof Op.Conv2d || n.op() instanceof Op.Linear) && Weights.isStored(n)) {
                float[] weight = values.get(Weights.name(n.input(1)));
                int channels = Weights.variable(n.input(1)).shape().dim(0);
                double[] sums = all.computeIfAbsent(slimming.channels().group(n.output(0)), g -> new double[channels]);
                int each = weight.length / channels;
                for (int i = 0; i < weight.length; i++) {
                    sums[i / each] += Math.abs(weight[i]);
                }
            }
        }
        return all;
    }

    /** Positions of the {@code count} largest, in order. */
    private static int[] largest(double[] of, int count) {
        int[] all = IntStream.range(0, of.length).boxed()
                .sorted(Comparator.comparingDouble(i -> -of[i]))
                .limit(count)
                .mapToInt(Integer::intValue)
                .toArray();
        Arrays.sort(all);
        return all;
    }

    /** The elements at the given places of each dimension. */
    private static float[] gathered(float[] whole, Shape shape, int[][] taken) {
        int[] places = {0};
        for (int d = 0; d < taken.length; d++) {
            int size = shape.dim(d);
            int[] of = taken[d];
            places = Arrays.stream(places).flatMap(p -> Arrays.stream(of).map(t -> p * size + t)).toArray();
        }
        float[] out = new float[places.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = whole[places[i]];
        }
        return out;
    }
}
