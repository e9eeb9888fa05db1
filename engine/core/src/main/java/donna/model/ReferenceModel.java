package donna.model;

import donna.data.Normalization;
import donna.graph.Cost;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.Network;
import donna.nn.ParameterSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.train.Inference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A network whose layers and names are known. Immutable.
 *
 * @param name as {@link ReferenceModels#of} takes it
 * @param image {@code [C, H, W]}
 * @param normalization what its weights were trained with, where that is known
 * @param units what lies between stem and head, in order, each with the name of its parameters
 */
public record ReferenceModel(
        String name, Shape image, int classes, Optional<Normalization> normalization, Layer stem, List<Layers.Named> units, Layer head) {
    /** Runs of units into which a model that keeps its size is cut. */
    private static final int EVEN_RUNS = 4;

    public ReferenceModel {
        units = List.copyOf(units);
    }

    ReferenceModel(String name, Shape image, int classes, Normalization normalization, Layer stem, List<Layers.Named> units, Layer head) {
        this(name, image, classes, Optional.of(normalization), stem, units, head);
    }

    /** The network with every unit as a block of its own. */
    public Network network() {
        return new Network(stem, List.copyOf(units), head);
    }

    /**
     * The network in blocks.
     *
     * @param cuts names of the units with which blocks begin, in order, the first unit's first
     * @throws DonnaException.InvalidInput if a name is no unit's or they are out of order
     */
    public Network network(List<String> cuts) {
        List<Integer> starts = starts(cuts);
        List<Layer> blocks = new ArrayList<>();
        for (int n = 0; n < cuts.size(); n++) {
            blocks.add(new Layers.Chain(units.subList(starts.get(n), starts.get(n + 1))));
        }
        return new Network(stem, blocks, head);
    }

    /** Where each block begins among the units, and where the last one ends. */
    private List<Integer> starts(List<String> cuts) {
        List<Integer> starts = new ArrayList<>();
        for (String cut : cuts) {
            int at = unitNames().indexOf(cut);
            if (at < 0 || (starts.isEmpty() ? at != 0 : at <= starts.getLast())) {
                throw new DonnaException.InvalidInput("model " + name + ": a block cannot begin at '" + cut + "'; cuts are names of "
                        + unitNames() + " in this order, the first one first");
            }
            starts.add(at);
        }
        starts.add(units.size());
        return starts;
    }

    /** How many units block {@code n} has: all of them, and those that change size or channels, without which it would not fit. */
    public record Depths(int all, int needed) {}

    /** How many units block {@code n} may have. */
    public Depths depths(List<String> cuts, int n) {
        List<Boolean> changing = changing(cuts, n);
        return new Depths(changing.size(), (int) changing.stream().filter(c -> c).count());
    }

    /**
     * The first {@code depth} units of block {@code n}, and instead of the last of these whatever changes size or channels further on.
     *
     * @throws DonnaException.InvalidInput if the block has no form with so many
     */
    public Layer block(List<String> cuts, int n, int depth) {
        Depths d = depths(cuts, n);
        if (depth < Math.max(1, d.needed()) || depth > d.all()) {
            throw new DonnaException.InvalidInput("model " + name + ": block " + (n + 1) + " has no form of " + depth + " units; it has " + d.all()
                    + ", of which " + d.needed() + " change size or channels");
        }
        List<Boolean> changing = changing(cuts, n);
        int spare = depth - d.needed();
        List<Layers.Named> kept = new ArrayList<>();
        for (int i = 0; i < d.all(); i++) {
            if (changing.get(i) || spare-- > 0) {
                kept.add(units.get(starts(cuts).get(n) + i));
            }
        }
        return new Layers.Chain(kept);
    }

    /** Whether channels are gated in block {@code n}. */
    public boolean hasAttention(List<String> cuts, int n) {
        Shape in = Inference.boundaryShapes(network(cuts), image).get(n);
        Layer block = block(cuts, n, depths(cuts, n).all());
        return !names(new Reduced(block, 1, Reduced.ANY_KERNEL, false), in).containsAll(names(block, in));
    }

    private static Set<String> names(Layer layer, Shape in) {
        return Inference.parameters(layer, in).stream().map(ParameterSpec::name).collect(Collectors.toSet());
    }

    private List<Boolean> changing(List<String> cuts, int n) {
        List<Shape> shapes = Inference.boundaryShapes(network(), image);
        return IntStream.range(starts(cuts).get(n), starts(cuts).get(n + 1)).mapToObj(i -> !shapes.get(i).equals(shapes.get(i + 1))).toList();
    }

    /**
     * The whole model as a single layer from images to logits, no block with more than {@code depth} units as far as it can do with fewer.
     *
     * @param depth largest number of units of a block
     */
    public Layer shortened(List<String> cuts, int depth) {
        List<Layer> parts = new ArrayList<>(List.of(stem));
        for (int n = 0; n < cuts.size(); n++) {
            Depths d = depths(cuts, n);
            parts.add(block(cuts, n, Math.min(d.all(), Math.max(depth, Math.max(1, d.needed())))));
        }
        parts.add(head);
        return new Layers.Chain(parts);
    }

    public List<String> unitNames() {
        return units.stream().map(Layers.Named::name).toList();
    }

    /** Cuts before every unit that makes the image smaller; a model that keeps its size, such as a transformer, is cut into four equal runs. */
    public List<String> automaticCuts() {
        List<Shape> shapes = Inference.boundaryShapes(network(), image);
        List<String> cuts = new ArrayList<>();
        for (int i = 0; i < units.size(); i++) {
            if (i == 0 || shapes.get(i + 1).dim(1) < shapes.get(i).dim(1)) {
                cuts.add(units.get(i).name());
            }
        }
        for (int run = 1; cuts.size() == run && run < Math.min(EVEN_RUNS, units.size()); run++) {
            cuts.add(units.get(run * units.size() / Math.min(EVEN_RUNS, units.size())).name());
        }
        return cuts;
    }

    /** Every parameter. */
    public List<ParameterSpec> parameters() {
        return Inference.parameters(network(), image);
    }

    /** Of one image. */
    public Cost cost() {
        return Cost.of(Inference.graph(network(), image, 1));
    }
}
