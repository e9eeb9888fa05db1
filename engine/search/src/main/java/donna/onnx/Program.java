package donna.onnx;

import donna.graph.Value;
import donna.nn.GraphWriter;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A file made ready to be written into graphs: constants folded, nodes that are one layer put together. Immutable.
 *
 * @param constants by name: stored tensors, and what follows from them alone
 * @param steps in order; all are needed for the output
 * @param declared shapes of all features, for {@link #declaredBatch} images
 */
record Program(OnnxFile file, Map<String, Item.Known> constants, List<Step> steps, Map<String, Shape> declared) {
    Program {
        steps = List.copyOf(steps);
    }

    /** @throws donna.tensor.DonnaException.InvalidInput naming the first node that cannot be written */
    static Program of(OnnxFile file) {
        Map<String, Item.Known> stored = new LinkedHashMap<>();
        file.initializers().forEach((name, c) -> stored.put(name, new Item.Known(c, name, true)));
        List<Step> all = file.nodes().stream().map(n -> (Step) new Step.Single(n)).toList();
        Program raw = new Program(file, stored, all, Map.of());
        Map<String, Item.Known> constants = raw.folded();
        List<Step> open = withoutIdentities(
                all.stream().map(Step::node).filter(n -> !constants.containsKey(n.output())).toList(), file.output());
        List<Step> layers = new Patterns(constants).rewrite(open);
        Program written = new Program(file, constants, needed(layers, file.output()), Map.of());
        Map<String, Shape> shapes = new HashMap<>();
        written.scratch(written.declaredBatch()).items().forEach((name, item) -> {
            if (item instanceof Item.Live live) {
                shapes.put(name, live.value().shape());
            }
        });
        List<Step> fused = new Fusion(written.steps, shapes, file.output(), constants).steps();
        return new Program(file, constants, fused, shapes);
    }

    /** What follows from constants alone. */
    private Map<String, Item.Known> folded() {
        Map<String, Item.Known> known = new LinkedHashMap<>(constants);
        Lowering l = new Lowering(this, new GraphWriter(GraphWriter.Mode.INFERENCE), 1);
        for (Step s : steps) {
            if (known.keySet().containsAll(s.reads())) {
                l.write(List.of(s));
                for (String made : s.node().outputs()) {
                    if (l.items().get(made) instanceof Item.Known k) {
                        known.put(made, k);
                    }
                }
            }
        }
        return known;
    }

    /** What reads a copy of features reads the features themselves, so that layers are found on both sides. */
    private static List<Step> withoutIdentities(List<OnnxNode> nodes, String output) {
        Map<String, String> copies = new HashMap<>();
        List<Step> kept = new ArrayList<>();
        for (OnnxNode node : nodes) {
            OnnxNode n = node.reading(r -> copies.getOrDefault(r, r));
            boolean plain = n.is("Identity") || n.is("Dropout") && n.outputs().size() == 1 && !n.has(2);
            if (plain && !n.output().equals(output)) {
                copies.put(n.output(), n.input(0));
            } else {
                kept.add(new Step.Single(n));
            }
        }
        return kept;
    }

    /** The steps that the output depends on. */
    private static List<Step> needed(List<Step> steps, String output) {
        Set<String> wanted = new HashSet<>(Set.of(output));
        List<Step> kept = new ArrayList<>();
        for (Step s : steps.reversed()) {
            if (s.node().outputs().stream().anyMatch(wanted::contains)) {
                wanted.addAll(s.reads());
                kept.addFirst(s);
            }
        }
        return kept;
    }

    /** Whether one step alone reads a constant, under whatever name. */
    boolean isReadOnce(String constant) {
        return steps.stream()
                        .flatMap(s -> s.reads().stream())
                        .filter(r -> constants.containsKey(r) && constants.get(r).name().equals(constant))
                        .count()
                == 1;
    }

    /** The batch that the file fixes; 0 where it leaves it open. */
    int fixedBatch() {
        return file.inputDims().getFirst();
    }

    /** The file's own batch, or 2 where that is open: what depends on the batch can be told from what does not. */
    int declaredBatch() {
        return fixedBatch() == 0 ? 2 : fixedBatch();
    }

    /** The whole program in a graph of its own: for the shapes, and for the constants that follow from them. */
    Lowering scratch(int batch) {
        GraphWriter writer = new GraphWriter(GraphWriter.Mode.INFERENCE);
        List<Integer> d = file.inputDims();
        Value images = writer.graph().input(file.input(), TensorSpec.f32(batch, d.get(1), d.get(2), d.get(3)));
        Lowering l = new Lowering(this, writer, batch);
        l.define(file.input(), new Item.Live(images));
        l.write(steps);
        return l;
    }
}
