package donna.onnx;

import donna.tensor.Activation;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Puts what follows a convolution or a product together with it, as far as nobody else reads what lies between: batch
 * norm, residual and activation of a convolution, the bias of a product.
 */
final class Fusion {
    private final List<Step> steps;
    private final Map<String, Shape> shapes;
    private final Map<String, Item.Known> constants;
    private final Map<String, Integer> reads = new HashMap<>();
    private final Map<String, Step> readers = new HashMap<>();
    private final Map<Integer, Step> whole = new HashMap<>();
    private final Set<Integer> gone = new HashSet<>();

    /**
     * @param shapes of all features
     * @param output of the whole, which counts as read
     */
    Fusion(List<Step> steps, Map<String, Shape> shapes, String output, Map<String, Item.Known> constants) {
        this.steps = steps;
        this.shapes = shapes;
        this.constants = constants;
        reads.put(output, 1);
        for (Step s : steps) {
            for (String r : s.reads()) {
                reads.merge(r, 1, Integer::sum);
                readers.put(r, s);
            }
        }
    }

    List<Step> steps() {
        for (Step s : steps) {
            OnnxNode n = s.node();
            if (s instanceof Step.Single && !gone.contains(n.position()) && (n.is("Conv") || n.is("MatMul"))) {
                Step better = n.is("Conv") ? convolution(n) : linear(n);
                gone.add(n.position());
                gone.remove(better.node().position());
                whole.put(better.node().position(), better);
            }
        }
        List<Step> out = new ArrayList<>();
        for (Step s : steps) {
            if (!gone.contains(s.node().position())) {
                out.add(whole.getOrDefault(s.node().position(), s));
            }
        }
        return out;
    }

    /** The only step that reads a value. */
    private Optional<Step> reader(String name) {
        return reads.getOrDefault(name, 0) == 1 ? Optional.ofNullable(readers.get(name)) : Optional.empty();
    }

    private Step convolution(OnnxNode conv) {
        OnnxNode end = conv;
        Optional<OnnxNode> norm = reader(end.output()).map(Step::node).filter(n -> n.is("BatchNormalization") && isPlain(n));
        if (norm.isPresent()) {
            end = take(norm.get());
        }
        Optional<String> residual = Optional.empty();
        Optional<OnnxNode> sum = reader(end.output())
                .filter(s -> s instanceof Step.Single)
                .map(Step::node)
                .filter(n -> n.is("Add") && !gone.contains(n.position()) && !whole.containsKey(n.position()));
        if (sum.isPresent()) {
            OnnxNode from = end;
            residual = sum.get().inputs().stream().filter(i -> !i.equals(from.output())).findFirst()
                    .filter(r -> shapes.containsKey(r) && shapes.get(r).equals(shapes.get(from.output())));
            if (residual.isPresent()) {
                end = take(sum.get());
            }
        }
        Activation act = Activation.NONE;
        if (reader(end.output()).orElse(null) instanceof Step.Activated a) {
            act = a.act();
            end = take(a.node());
        }
        return new Step.Convolution(end, conv, norm, residual, act);
    }

    private OnnxNode take(OnnxNode n) {
        gone.add(n.position());
        return n;
    }

    private boolean isPlain(OnnxNode n) {
        return n.integer("training_mode", 0) == 0 && n.outputs().size() == 1 && constants.keySet().containsAll(n.inputs().subList(1, n.inputs().size()));
    }

    private Step linear(OnnxNode product) {
        Optional<OnnxNode> sum = reader(product.output())
                .map(Step::node)
                .filter(n -> n.is("Add") && constants.containsKey(product.input(1)) && shapes.containsKey(product.output()));
        Optional<String> bias = sum.flatMap(n -> n.inputs().stream()
                .filter(i -> isBias(constants.get(i), shapes.get(product.output())))
                .findFirst());
        return bias.isPresent() ? new Step.Linear(take(sum.get()), product, bias.get()) : new Step.Single(product);
    }

    private static boolean isBias(Item.Known k, Shape rows) {
        return k != null && k.value().rank() == 1 && k.value().size() == rows.dim(-1);
    }
}
