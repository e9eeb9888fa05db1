package donna.graph;

import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.Arrays;
import java.util.List;

/** The shapes of every op's outputs, and the checks of its inputs: one switch over {@link Op}. */
final class ShapeRule {
    private final Op op;
    private final String name;
    private final List<Value> in;

    private ShapeRule(Op op, String name, List<Value> in) {
        this.op = op;
        this.name = name;
        this.in = in;
    }

    static List<TensorSpec> outputs(Op op, String name, List<Value> inputs) {
        ShapeRule rule = new ShapeRule(op, name, inputs);
        rule.checkInputs();
        return rule.outputs();
    }

    private List<TensorSpec> outputs() {
        return switch (op) {
            case Op.Input o -> List.of(o.spec());
            case Op.Variable o -> List.of(o.spec());
            case Op.Fill o -> List.of(o.spec());
            case Op.Conv2d o -> conv(o);
            case Op.Conv2dBackwardData o -> {
                arity(2);
                check(
                        shape(0).equals(convShape(o.src(), shape(1), o.geometry())),
                        "dDst " + shape(0) + " does not belong to src " + o.src());
                yield List.of(spec(o.src()));
            }
            case Op.Conv2dBackwardWeight o -> {
                arity(2);
                check(
                        shape(1).equals(convShape(shape(0), o.weight(), o.geometry())),
                        "dDst " + shape(1) + " does not belong to src " + shape(0));
                yield List.of(spec(o.weight()));
            }
            case Op.Linear o -> {
                arity(o.bias() ? 3 : 2);
                check(
                        shape(1).rank() == 2 && shape(0).dim(-1) == shape(1).dim(1),
                        "src " + shape(0) + " has " + shape(0).dim(-1) + " features, weight " + shape(1) + " expects "
                                + shape(1).dim(-1));
                if (o.bias()) {
                    same(2, new Shape(shape(1).dim(0)), "bias");
                }
                yield List.of(spec(shape(0).with(-1, shape(1).dim(0))));
            }
            case Op.MatMul o -> matmul(o);
            case Op.SumExcept o -> {
                arity(1);
                check(o.axis() >= 0 && o.axis() < shape(0).rank(), "axis " + o.axis() + " of " + shape(0));
                yield List.of(spec(new Shape(shape(0).dim(o.axis()))));
            }
            case Op.BatchNorm o -> {
                arity(o.residual() ? 7 : 6);
                image(0);
                channels(1, 2, 3, 4);
                same(5, Shape.SCALAR, "momentum");
                if (o.residual()) {
                    same(6, shape(0), "residual");
                }
                Shape c = new Shape(shape(0).dim(1));
                yield List.of(spec(shape(0)), spec(c), spec(c));
            }
            case Op.BatchNormInference o -> {
                arity(o.residual() ? 6 : 5);
                image(0);
                channels(1, 2, 3, 4);
                if (o.residual()) {
                    same(5, shape(0), "residual");
                }
                yield List.of(spec(shape(0)));
            }
            case Op.BatchNormBackward o -> {
                arity(o.residual() ? 7 : 6);
                image(0);
                same(1, shape(0), "src");
                channels(2, 3, 4, 5);
                check(
                        !o.residual() || o.act() != Activation.NONE,
                        "without an activation the residual's gradient is dDst itself");
                if (o.residual()) {
                    same(6, shape(0), "residual");
                }
                Shape c = new Shape(shape(0).dim(1));
                yield o.residual()
                        ? List.of(spec(shape(0)), spec(c), spec(c), spec(shape(0)))
                        : List.of(spec(shape(0)), spec(c), spec(c));
            }
            case Op.LayerNorm o -> {
                arity(3);
                same(1, new Shape(shape(0).dim(-1)), "gamma");
                same(2, new Shape(shape(0).dim(-1)), "beta");
                TensorSpec s = spec(shape(0).with(-1, 1));
                yield List.of(spec(shape(0)), s, s);
            }
            case Op.LayerNormBackward o -> {
                arity(5);
                same(1, shape(0), "src");
                same(2, new Shape(shape(0).dim(-1)), "gamma");
                same(3, shape(0).with(-1, 1), "mean");
                same(4, shape(0).with(-1, 1), "inverseStd");
                TensorSpec c = spec(new Shape(shape(0).dim(-1)));
                yield List.of(spec(shape(0)), c, c);
            }
            case Op.Activate o -> unary();
            case Op.Scale o -> unary();
            case Op.Softmax o -> unary();
            case Op.ActivateBackward o -> binary();
            case Op.SoftmaxBackward o -> binary();
            case Op.Add o -> binary();
            case Op.AddEach o -> {
                arity(2);
                check(shape(0).rank() > 1, "src " + shape(0) + " must have samples and something in each");
                same(1, shape(0).with(0, 1), "each");
                yield List.of(spec(shape(0)));
            }
            case Op.Multiply o -> binary();
            case Op.ScaleBy o -> scaled();
            case Op.Dropout o -> {
                check(o.rate() >= 0 && o.rate() < 1, "rate " + o.rate() + " is outside [0, 1)");
                yield scaled();
            }
            case Op.ChannelScale o -> {
                arity(2);
                image(0);
                same(1, new Shape(shape(0).dim(0), shape(0).dim(1)), "gate");
                yield List.of(spec(shape(0)));
            }
            case Op.ChannelScaleBackwardGate o -> {
                binary();
                image(0);
                yield List.of(spec(new Shape(shape(0).dim(0), shape(0).dim(1))));
            }
            case Op.GlobalAveragePool o -> {
                arity(1);
                image(0);
                yield List.of(spec(new Shape(shape(0).dim(0), shape(0).dim(1))));
            }
            case Op.GlobalAveragePoolBackward o -> {
                arity(1);
                same(0, new Shape(o.src().dim(0), o.src().dim(1)), "dDst");
                yield List.of(spec(o.src()));
            }
            case Op.AveragePool o -> {
                arity(1);
                yield List.of(spec(poolShape(shape(0), o.kernel(), o.geometry())));
            }
            case Op.AveragePoolBackward o -> {
                arity(1);
                same(0, poolShape(o.src(), o.kernel(), o.geometry()), "dDst");
                yield List.of(spec(o.src()));
            }
            case Op.MaxPool o -> {
                arity(1);
                yield List.of(spec(poolShape(shape(0), o.kernel(), o.geometry())));
            }
            case Op.MaxPoolBackward o -> {
                arity(2);
                same(0, poolShape(shape(1), o.kernel(), o.geometry()), "dDst");
                yield List.of(spec(shape(1)));
            }
            case Op.Reshape o -> {
                arity(1);
                check(
                        shape(0).elements() == o.shape().elements(),
                        shape(0) + " has " + shape(0).elements() + " elements, " + o.shape() + " has "
                                + o.shape().elements());
                yield List.of(spec(o.shape()));
            }
            case Op.Transpose o -> transpose(o);
            case Op.Slice o -> {
                box(o.start(), o.step(), o.shape(), shape(0));
                yield List.of(spec(o.shape()));
            }
            case Op.Pad o -> {
                box(o.start(), o.step(), shape(0), o.shape());
                yield List.of(spec(o.shape()));
            }
            case Op.Concat o -> concat(o);
            case Op.NsrLoss o -> {
                arity(3);
                image(0);
                same(1, shape(0), "target");
                same(2, new Shape(shape(0).dim(1)), "inverseVariance");
                yield List.of(spec(Shape.SCALAR), spec(shape(0)));
            }
            case Op.CrossEntropy o -> {
                arity(2);
                same(1, new Shape(shape(0).dim(0)), "labels");
                check(
                        in.get(1).spec().dtype() == DType.I32,
                        "labels must be I32, got " + in.get(1).spec());
                yield List.of(spec(Shape.SCALAR), spec(shape(0)));
            }
            case Op.DistillationLoss o -> loss();
            case Op.MeanSquaredError o -> loss();
            case Op.SgdUpdate o -> updated(4, 5, 3);
            case Op.AdamWUpdate o -> updated(6, 7, 4);
            case Op.EmaUpdate o -> updated(2, 2, 2);
            case Op.ClipFactor o -> {
                check(!in.isEmpty(), "no gradients given");
                yield List.of(spec(Shape.SCALAR));
            }
            case Op.LossScaleUpdate o -> {
                check(in.size() > 2, "no gradients given");
                same(0, Shape.SCALAR, "scale");
                same(1, Shape.of(2), "steps");
                yield List.of(spec(Shape.SCALAR), spec(Shape.SCALAR));
            }
        };
    }

    private List<TensorSpec> conv(Op.Conv2d o) {
        arity(2 + (o.bias() ? 1 : 0) + (o.residual() ? 1 : 0));
        Shape dst = convShape(shape(0), shape(1), o.geometry());
        if (o.bias()) {
            same(2, new Shape(dst.dim(1)), "bias");
        }
        if (o.residual()) {
            same(o.bias() ? 3 : 2, dst, "residual");
        }
        return List.of(spec(dst));
    }

    private Shape convShape(Shape src, Shape weight, ConvGeometry g) {
        check(
                src.rank() == 4 && weight.rank() == 4,
                "src " + src + " and weight " + weight + " must have four dimensions");
        check(
                src.dim(1) == weight.dim(1) * g.groups(),
                "src has " + src.dim(1) + " channels, weight " + weight + " with " + g.groups() + " groups expects "
                        + weight.dim(1) * g.groups());
        check(weight.dim(0) % g.groups() == 0, "weight " + weight + " does not divide into " + g.groups() + " groups");
        return window(src, weight.dim(2), weight.dim(3), g, weight.dim(0));
    }

    private Shape poolShape(Shape src, int kernel, ConvGeometry g) {
        check(src.rank() == 4, "src " + src + " must have four dimensions");
        check(g.padding() * 2 <= kernel, "padding " + g.padding() + " is more than half of kernel " + kernel);
        return window(src, kernel, kernel, g, src.dim(1));
    }

    private Shape window(Shape src, int kh, int kw, ConvGeometry g, int channels) {
        int h = g.outputSize(src.dim(2), kh);
        int w = g.outputSize(src.dim(3), kw);
        check(h > 0 && w > 0, "a window of " + kh + "x" + kw + " with " + g + " does not fit into src " + src);
        return new Shape(src.dim(0), channels, h, w);
    }

    private List<TensorSpec> matmul(Op.MatMul o) {
        arity(2);
        Shape a = shape(0);
        Shape b = shape(1);
        check(a.rank() >= 2 && a.rank() == b.rank(), "a " + a + " and b " + b + " must have the same rank, at least 2");
        int m = a.dim(o.transposeA() ? -1 : -2);
        int k = a.dim(o.transposeA() ? -2 : -1);
        int n = b.dim(o.transposeB() ? -2 : -1);
        check(k == b.dim(o.transposeB() ? -1 : -2), "a " + a + " and b " + b + " do not share the inner dimension");
        for (int i = 0; i < a.rank() - 2; i++) {
            check(a.dim(i) == b.dim(i), "leading dimensions of a " + a + " and b " + b + " differ");
        }
        return List.of(spec(a.with(-2, m).with(-1, n)));
    }

    private List<TensorSpec> transpose(Op.Transpose o) {
        arity(1);
        int r = shape(0).rank();
        check(
                o.permutation().size() == r
                        && o.permutation().stream()
                                        .distinct()
                                        .filter(p -> p >= 0 && p < r)
                                        .count()
                                == r,
                o.permutation() + " is not a permutation of the dimensions of " + shape(0));
        return List.of(spec(new Shape(
                o.permutation().stream().mapToInt(p -> shape(0).dim(p)).toArray())));
    }

    private List<TensorSpec> concat(Op.Concat o) {
        check(!in.isEmpty(), "nothing to concatenate");
        check(o.axis() >= 0 && o.axis() < shape(0).rank(), "axis " + o.axis() + " of " + shape(0));
        int sum = 0;
        for (int i = 0; i < in.size(); i++) {
            check(
                    shape(i).rank() == shape(0).rank()
                            && shape(i).with(o.axis(), 1).equals(shape(0).with(o.axis(), 1)),
                    shape(i) + " does not fit beside " + shape(0));
            sum += shape(i).dim(o.axis());
        }
        return List.of(spec(shape(0).with(o.axis(), sum)));
    }

    private void box(List<Integer> start, List<Integer> step, Shape small, Shape large) {
        arity(1);
        int r = large.rank();
        check(
                small.rank() == r && start.size() == r && step.size() == r,
                "start " + start + ", step " + step + " and " + small + " need " + r + " entries");
        for (int i = 0; i < r; i++) {
            check(
                    start.get(i) >= 0
                            && step.get(i) >= 1
                            && start.get(i) + (small.dim(i) - 1) * step.get(i) < large.dim(i),
                    "a box of " + small + " from " + start + " with step " + step + " leaves " + large);
        }
    }

    private List<TensorSpec> unary() {
        arity(1);
        return List.of(spec(shape(0)));
    }

    private List<TensorSpec> binary() {
        arity(2);
        same(1, shape(0), "second input");
        return List.of(spec(shape(0)));
    }

    private List<TensorSpec> scaled() {
        arity(2);
        same(1, Shape.SCALAR, "second input");
        return List.of(spec(shape(0)));
    }

    private List<TensorSpec> loss() {
        arity(2);
        same(1, shape(0), "target");
        return List.of(spec(Shape.SCALAR), spec(shape(0)));
    }

    /** An update of input 0: the first {@code alike} inputs have its shape, the others are scalars, beyond {@code least} of them those that may be missing. */
    private List<TensorSpec> updated(int least, int most, int alike) {
        arity(Math.clamp(in.size(), least, most));
        for (int i = 1; i < in.size(); i++) {
            same(i, i < alike ? shape(0) : Shape.SCALAR, "input " + i);
        }
        return List.of();
    }

    /** What is changed in place must be a variable, and real numbers are of one type throughout an op. */
    private void checkInputs() {
        for (int i : Graph.changedInputs(op)) {
            check(
                    i < in.size() && in.get(i).node().op() instanceof Op.Variable,
                    "input " + i + " is changed in place and must be a variable");
        }
        for (Value v : in) {
            DType type = v.spec().dtype();
            check(
                    type == in.get(0).spec().dtype() || op instanceof Op.CrossEntropy && type == DType.I32,
                    "inputs of different types " + in);
        }
    }

    private TensorSpec spec(Shape s) {
        DType type = in.get(0).spec().dtype();
        return new TensorSpec(type, s, Layout.PLAIN);
    }

    private Shape shape(int i) {
        return in.get(i).shape();
    }

    private void image(int i) {
        check(shape(i).rank() == 4, "input " + i + " " + shape(i) + " must be [N, C, H, W]");
    }

    private void channels(int... inputs) {
        for (int i : inputs) {
            same(i, new Shape(shape(0).dim(1)), "input " + i);
        }
    }

    private void same(int i, Shape expected, String what) {
        check(shape(i).equals(expected), what + " has shape " + shape(i) + ", expected " + expected);
    }

    private void arity(int n) {
        check(in.size() == n, "takes " + n + " inputs, got " + in.size() + " " + Arrays.toString(in.toArray()));
    }

    private void check(boolean ok, String message) {
        if (!ok) {
            throw new DonnaException.ShapeMismatch(
                    op.getClass().getSimpleName() + (name.isEmpty() ? "" : " '" + name + "'") + ": " + message);
        }
    }
}
