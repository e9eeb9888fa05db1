package donna.onnx;

import donna.data.Normalization;
import donna.export.ModelCard;
import donna.graph.Value;
import donna.model.Reduced;
import donna.model.ReferenceModel;
import donna.nn.Layer;
import donna.nn.Layers;
import donna.nn.Transformer;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * An imported model as a reference model: a stem, units, a head. Units end where a sum with what went past begins or ends, after every convolution that
 * keeps the shape, and where the image gets smaller; tokens {@code [N, T, D]} pass between them as images {@code [N, D, T, 1]}. Parameters are called
 * {@code model.} and the file's name for them, which no block of a search space is.
 *
 * @param values of every parameter of {@code model}
 */
public record ImportedUnits(ReferenceModel model, Map<String, float[]> values) {
    private static final String PREFIX = "model.";

    /**
     * @param name what the model is called
     * @throws DonnaException.InvalidInput if there are no places at which the model could be cut in two or more
     */
    public static ImportedUnits of(ImportedModel imported, String name) {
        Cuts cuts = imported.cuts();
        List<String> places = places(cuts);
        if (places.size() < 2) {
            throw new DonnaException.InvalidInput(cuts.program().file().name() + ": it cannot be cut into blocks: there is no feature map or row of tokens"
                    + " through which everything passes but at its ends; use a model whose layers follow one another");
        }
        List<Layers.Named> units = new ArrayList<>();
        String from = places.getFirst();
        for (String to : ends(cuts, places)) {
            units.add(new Layers.Named(to, part(cuts, from, to)));
            from = to;
        }
        Layer stem = part(cuts, cuts.names().getFirst(), places.getFirst());
        Layer head = part(cuts, places.getLast(), cuts.names().getLast());
        Optional<Normalization> normalization = ModelCard.of(cuts.program().file().name(), imported.metadata(), imported.image()).map(ModelCard::normalization);
        Map<String, float[]> values = new LinkedHashMap<>();
        imported.values().forEach((n, v) -> values.put(PREFIX + n, v));
        return new ImportedUnits(new ReferenceModel(name, imported.image(), imported.classes(), normalization, stem, units, head), values);
    }

    /** Where stem and head may end and begin, and all places between: feature maps, or else tokens as wide as the last ones. */
    private static List<String> places(Cuts cuts) {
        List<String> maps = cuts.automatic();
        boolean images = maps.size() > 1;
        List<String> all = cuts.names().subList(1, cuts.names().size() - 1).stream().filter(n -> shape(cuts, n).rank() == (images ? 4 : 3)).toList();
        if (images) {
            return all.subList(all.indexOf(maps.getFirst()), all.indexOf(maps.getLast()) + 1);
        }
        return all.isEmpty() ? all : all.stream().filter(n -> shape(cuts, n).equals(shape(cuts, all.getLast()))).toList();
    }

    private static Shape shape(Cuts cuts, String place) {
        return cuts.program().declared().get(place);
    }

    /** The ends of the units, in order; the last place is one. */
    private static List<String> ends(Cuts cuts, List<String> places) {
        Set<Integer> ends = new TreeSet<>(Set.of(places.size() - 1));
        for (int i = 1; i < places.size(); i++) {
            Segment span = cuts.between(places.get(i - 1), places.get(i));
            boolean same = shape(cuts, places.get(i - 1)).equals(shape(cuts, places.get(i)));
            if (span.steps().stream().anyMatch(s -> isSum(s, cuts.program())) || same && isWindow(span, cuts.program())) {
                ends.add(i - 1);
                ends.add(i);
            }
        }
        cuts.automatic().stream().map(places::indexOf).filter(i -> i >= 0).forEach(ends::add);
        return ends.stream().filter(i -> i > 0).map(places::get).toList();
    }

    private static boolean isSum(Step step, Program program) {
        return switch (step) {
            case Step.Convolution c -> c.residual().isPresent();
            case Step.Single s -> s.node().is("Add") && s.node().inputs().stream().allMatch(i -> program.declared().containsKey(i));
            default -> false;
        };
    }

    /** A convolution alone that is neither pointwise nor in groups. */
    private static boolean isWindow(Segment span, Program program) {
        return span.steps().size() == 1
                && span.steps().getFirst() instanceof Step.Convolution c
                && program.constants().get(c.conv().input(1)).value().dims()[2] > 1
                && program.constants().get(c.conv().input(1)).value().dims()[1] == program.declared().get(span.from()).dim(1);
    }

    private static Layer part(Cuts cuts, String from, String to) {
        Segment segment = cuts.between(from, to);
        boolean tokens = shape(cuts, from).rank() == 3;
        Layer whole = (w, name, src) -> {
            Value dst = segment.write(w, name, tokens ? Transformer.tokens(w, src) : src);
            Shape s = dst.shape();
            return s.rank() == 3 ? Transformer.image(w, dst, Shape.of(s.dim(0), s.dim(2), s.dim(1), 1)) : dst;
        };
        return (w, name, src) -> new Reduced(whole).write(w, PREFIX, src);
    }
}
