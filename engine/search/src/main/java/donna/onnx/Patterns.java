package donna.onnx;

import donna.tensor.Activation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds activations and layer normalisations that a tool has written out as arithmetic. Only whole patterns are
 * replaced; a node of one that others read, too, stays beside it.
 */
final class Patterns {
    private final Map<String, Item.Known> constants;
    private final Map<String, OnnxNode> makers = new HashMap<>();
    private final Map<String, Step> found = new HashMap<>();

    Patterns(Map<String, Item.Known> constants) {
        this.constants = constants;
    }

    /** The same steps, the last node of each pattern standing for all of it. */
    List<Step> rewrite(List<Step> steps) {
        List<Step> out = new ArrayList<>();
        for (Step s : steps) {
            OnnxNode n = s.node();
            n.outputs().forEach(o -> makers.put(o, n));
            Step better = match(n).orElse(s);
            if (better != s) {
                found.put(n.output(), better);
            }
            out.add(better);
        }
        return out;
    }

    private Optional<Step> match(OnnxNode n) {
        return switch (n.op()) {
            case "Mul" -> gelu(n).or(() -> gated(n)).or(() -> divided(n)).or(() -> scaled(n));
            case "Div" -> divided(n).or(() -> normalized(n));
            case "Add" -> shifted(n);
            case "Clip" -> clipped(n);
            default -> {
                Activation act = n.activation();
                yield act == Activation.NONE ? Optional.empty() : Optional.of(new Step.Activated(n, act, n.input(0)));
            }
        };
    }

    // ---- what the pieces are

    private boolean isNumber(String name, double value) {
        Item.Known k = constants.get(name);
        return k != null && k.isNumber() && OnnxNode.near(k.value().at(0), value);
    }

    private boolean isConstant(String name) {
        return constants.containsKey(name);
    }

    private Optional<OnnxNode> maker(String name, String op) {
        return Optional.ofNullable(makers.get(name)).filter(n -> n.is(op));
    }

    private Optional<Step.Activated> activated(String name) {
        return found.get(name) instanceof Step.Activated a ? Optional.of(a) : Optional.empty();
    }

    /** The other input of a node of two if one of them is that number. */
    private Optional<String> besides(OnnxNode n, double value) {
        if (n.inputs().size() != 2) {
            return Optional.empty();
        }
        return isNumber(n.input(1), value) ? Optional.of(n.input(0)) : isNumber(n.input(0), value) ? Optional.of(n.input(1)) : Optional.empty();
    }

    // ---- activations

    private Optional<Step> clipped(OnnxNode n) {
        if (!isNumber(n.input(1), 0)) {
            return Optional.empty();
        }
        return isNumber(n.input(2), 6)
                ? Optional.of(new Step.Activated(n, Activation.RELU6, n.input(0)))
                : n.has(2) ? Optional.empty() : Optional.of(new Step.Activated(n, Activation.RELU, n.input(0)));
    }

    /** {@code x * sigmoid(x)} and {@code x * hardsigmoid(x)}. */
    private Optional<Step> gated(OnnxNode n) {
        for (int i = 0; i < 2; i++) {
            String x = n.input(i);
            Optional<Step.Activated> gate = activated(n.input(1 - i)).filter(a -> a.src().equals(x));
            if (gate.isPresent()) {
                if (gate.get().act() == Activation.SIGMOID) {
                    return Optional.of(new Step.Activated(n, Activation.SWISH, x));
                }
                if (gate.get().act() == Activation.HSIGMOID) {
                    return Optional.of(new Step.Activated(n, Activation.HSWISH, x));
                }
            }
        }
        return Optional.empty();
    }

    /** {@code relu6(x + 3) / 6} and {@code x * relu6(x + 3) / 6}. */
    private Optional<Step> divided(OnnxNode n) {
        boolean sixth = n.is("Div") ? isNumber(n.input(1), 6) : besides(n, 1 / 6.0).isPresent();
        if (!sixth) {
            return Optional.empty();
        }
        String src = n.is("Div") ? n.input(0) : besides(n, 1 / 6.0).orElseThrow();
        Optional<String> gate = clippedSum(src);
        if (gate.isPresent()) {
            return Optional.of(new Step.Activated(n, Activation.HSIGMOID, gate.get()));
        }
        return maker(src, "Mul").flatMap(m -> {
            for (int i = 0; i < 2; i++) {
                if (clippedSum(m.input(1 - i)).equals(Optional.of(m.input(i)))) {
                    return Optional.of(new Step.Activated(n, Activation.HSWISH, m.input(i)));
                }
            }
            return Optional.empty();
        });
    }

    /** The x of {@code clip(x + 3, 0, 6)}. */
    private Optional<String> clippedSum(String name) {
        return maker(name, "Clip")
                .filter(c -> isNumber(c.input(1), 0) && isNumber(c.input(2), 6))
                .flatMap(c -> maker(c.input(0), "Add"))
                .flatMap(a -> besides(a, 3));
    }

    /** {@code 0.5 * x * (1 + erf(x / sqrt(2)))} with its factors in any order. */
    private Optional<Step> gelu(OnnxNode n) {
        List<String> factors = factors(n);
        Optional<String> gate = factors.stream().filter(f -> erfOf(f).isPresent()).findFirst();
        Optional<String> half = factors.stream().filter(f -> isNumber(f, 0.5)).findFirst();
        if (factors.size() != 3 || gate.isEmpty() || half.isEmpty()) {
            return Optional.empty();
        }
        String x = factors.stream().filter(f -> !f.equals(gate.get()) && !f.equals(half.get())).findFirst().orElse("");
        return erfOf(gate.get()).equals(Optional.of(x)) ? Optional.of(new Step.Activated(n, Activation.GELU, x)) : Optional.empty();
    }

    private List<String> factors(OnnxNode product) {
        List<String> all = new ArrayList<>();
        for (String f : product.inputs()) {
            maker(f, "Mul").filter(m -> found.get(f) == null).ifPresentOrElse(m -> all.addAll(m.inputs()), () -> all.add(f));
        }
        return all;
    }

    /** The x of {@code 1 + erf(x / sqrt(2))}. */
    private Optional<String> erfOf(String name) {
        return maker(name, "Add")
                .flatMap(a -> besides(a, 1))
                .flatMap(e -> maker(e, "Erf"))
                .flatMap(e -> maker(e.input(0), "Div")
                        .filter(d -> isNumber(d.input(1), Math.sqrt(2)))
                        .map(d -> d.input(0))
                        .or(() -> maker(e.input(0), "Mul").flatMap(m -> besides(m, Math.sqrt(0.5)))));
    }

    // ---- layer normalisation

    /** {@code (x - mean(x)) / sqrt(mean((x - mean(x))^2) + eps)} over the last dimension. */
    private Optional<Step> normalized(OnnxNode n) {
        Optional<OnnxNode> centred = maker(n.input(0), "Sub");
        Optional<OnnxNode> sum = maker(n.input(1), "Sqrt").flatMap(r -> maker(r.input(0), "Add"));
        if (centred.isEmpty() || sum.isEmpty()) {
            return Optional.empty();
        }
        String x = centred.get().input(0);
        String difference = centred.get().output();
        boolean centre = mean(centred.get().input(1)).filter(x::equals).isPresent();
        for (int i = 0; centre && i < 2; i++) {
            Item.Known eps = constants.get(sum.get().input(i));
            boolean variance = mean(sum.get().input(1 - i)).filter(s -> isSquareOf(s, difference)).isPresent();
            if (eps != null && eps.isNumber() && variance) {
                return Optional.of(new Step.LayerNorm(n, x, Optional.empty(), Optional.empty(), (float) eps.value().at(0)));
            }
        }
        return Optional.empty();
    }

    /** The x of a mean over the last dimension that keeps its rank. */
    private Optional<String> mean(String name) {
        return maker(name, "ReduceMean")
                .filter(m -> m.integer("keepdims", 1) == 1)
                .filter(m -> {
                    Item.Known given = constants.get(m.input(1));
                    long[] axes = given == null ? m.integers("axes") : given.value().toLongs();
                    return axes.length == 1 && axes[0] == -1;
                })
                .map(m -> m.input(0));
    }

    private boolean isSquareOf(String name, String difference) {
        return maker(name, "Pow").filter(p -> p.input(0).equals(difference) && isNumber(p.input(1), 2)).isPresent()
                || maker(name, "Mul").filter(m -> m.input(0).equals(difference) && m.input(1).equals(difference)).isPresent();
    }

    /** A layer normalisation with nothing after it, times gamma. */
    private Optional<Step> scaled(OnnxNode n) {
        return affine(n).filter(l -> l.norm().gamma().isEmpty() && l.norm().beta().isEmpty())
                .map(l -> new Step.LayerNorm(n, l.norm().src(), Optional.of(l.constant()), Optional.empty(), l.norm().eps()));
    }

    /** A layer normalisation times gamma, plus beta. */
    private Optional<Step> shifted(OnnxNode n) {
        return affine(n).filter(l -> l.norm().gamma().isPresent() && l.norm().beta().isEmpty())
                .map(l -> new Step.LayerNorm(n, l.norm().src(), l.norm().gamma(), Optional.of(l.constant()), l.norm().eps()));
    }

    private record Affine(Step.LayerNorm norm, String constant) {}

    private Optional<Affine> affine(OnnxNode n) {
        for (int i = 0; i < 2; i++) {
            if (found.get(n.input(i)) instanceof Step.LayerNorm norm
                    && isConstant(n.input(1 - i))
                    && constants.get(n.input(1 - i)).value().rank() == 1) {
                return Optional.of(new Affine(norm, n.input(1 - i)));
            }
        }
        return Optional.empty();
    }
}
