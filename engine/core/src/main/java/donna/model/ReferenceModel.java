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

/**
 * A network whose layers and names are known. Immutable.
 *
 * @param name as {@link ReferenceModels#of} takes it
 * @param image {@code [C, H, W]}
 * @param normalization what its published weights were trained with
 * @param units what lies between stem and head, in order, each with the name of its parameters
 */
public record ReferenceModel(
        String name, Shape image, int classes, Normalization normalization, Layer stem, List<Layers.Named> units, Layer head) {
    /** Runs of units into which a model that keeps its size is cut. */
    private static final int EVEN_RUNS = 4;

    public ReferenceModel {
        units = List.copyOf(units);
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
        List<Integer> starts = new ArrayList<>();
        for (String cut : cuts) {
            int at = unitNames().indexOf(cut);
            if (at < 0 || (starts.isEmpty() ? at != 0 : at <= starts.getLast())) {
                throw new DonnaException.InvalidInput("model " + name + ": a block cannot begin at '" + cut + "'; cuts are names of "
                        + unitNames() + " in this order, the first one first");
            }
            starts.add(at);
        }
        List<Layer> blocks = new ArrayList<>();
        for (int i = 0; i < starts.size(); i++) {
            int end = i + 1 < starts.size() ? starts.get(i + 1) : units.size();
            blocks.add(new Layers.Chain(units.subList(starts.get(i), end)));
        }
        return new Network(stem, blocks, head);
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
