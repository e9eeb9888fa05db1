package donna.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;

/**
 * Ops on constants: what shapes are worked out with, and weights prepared. The rules are ONNX's; opsets before 13 have
 * axes as attributes, later ones as inputs.
 */
final class Constants {
    private final OnnxNode n;
    private final List<Constant> in;

    private Constants(OnnxNode n, List<Constant> in) {
        this.n = n;
        this.in = in;
    }

    private static final Set<String> COMPUTED = Set.of(
            "Identity", "Dropout", "Constant", "ConstantOfShape", "Cast", "Shape", "Size", "Range", "Gather", "Concat", "Slice",
            "Split", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose", "Expand", "Where", "Add", "Sub", "Mul", "Div",
            "Mod", "Pow", "Min", "Max", "Equal", "Less", "Greater", "And", "Or", "Not", "Neg", "Abs", "Floor", "Ceil", "Sqrt",
            "Exp", "Reciprocal", "ReduceProd", "ReduceSum", "ReduceMax", "ReduceMin");

    /** Whether the op is one of those that are computed on constants. */
    static boolean isComputed(OnnxNode n) {
        return COMPUTED.contains(n.op());
    }

    /**
     * The outputs of a node.
     *
     * @param inputs what is left out is an empty list
     */
    static List<Constant> compute(OnnxNode n, List<Constant> inputs) {
        Constants c = new Constants(n, inputs);
        return n.is("Split") ? c.split() : List.of(c.one());
    }

    private Constant one() {
        return switch (n.op()) {
            case "Identity", "Dropout" -> in.getFirst();
            case "Constant" -> constant();
            case "ConstantOfShape" -> filled();
            case "Cast" -> cast();
            case "Shape" -> shape(in.getFirst().dims());
            case "Size" -> new Constant.Integers(new int[0], new long[] {in.getFirst().size()});
            case "Range" -> range();
            case "Gather" -> gather();
            case "Concat" -> concat();
            case "Slice" -> slice();
            case "Reshape" -> {
                boolean zeroIsZero = n.integer("allowzero", 0) == 1;
                yield in.get(0).reshaped(Index.reshape(in.get(0).dims(), in.get(1).toLongs(), zeroIsZero));
            }
            case "Squeeze", "Unsqueeze", "Flatten" -> in.getFirst().reshaped(Shapes.target(n, in.getFirst().dims(), axes()));
            case "Transpose" -> in.getFirst().transposed(Shapes.permutation(n, in.getFirst().rank()));
            case "Expand" -> {
                int[] wish = Arrays.stream(in.get(1).toLongs()).mapToInt(Math::toIntExact).toArray();
                yield in.get(0).broadcast(Index.common(in.get(0).dims(), wish));
            }
            case "Where" -> where();
            case "Add" -> binary(Double::sum, Long::sum);
            case "Sub" -> binary((a, b) -> a - b, (a, b) -> a - b);
            case "Mul" -> binary((a, b) -> a * b, (a, b) -> a * b);
            case "Div" -> binary((a, b) -> a / b, this::quotient);
            case "Mod" -> binary((a, b) -> a % b, (a, b) -> b == 0 ? quotient(a, b) : Math.floorMod(a, b));
            case "Pow" -> binary(Math::pow, (a, b) -> (long) Math.pow(a, b));
            case "Min" -> binary(Math::min, Math::min);
            case "Max" -> binary(Math::max, Math::max);
            case "Equal" -> truth((a, b) -> a == b ? 1 : 0);
            case "Less" -> truth((a, b) -> a < b ? 1 : 0);
            case "Greater" -> truth((a, b) -> a > b ? 1 : 0);
            case "And" -> truth((a, b) -> a != 0 && b != 0 ? 1 : 0);
            case "Or" -> truth((a, b) -> a != 0 || b != 0 ? 1 : 0);
            case "Not" -> unary(a -> a == 0 ? 1 : 0);
            case "Neg" -> unary(a -> -a);
            case "Abs" -> unary(Math::abs);
            case "Floor" -> unary(Math::floor);
            case "Ceil" -> unary(Math::ceil);
            case "Sqrt" -> unary(Math::sqrt);
            case "Exp" -> unary(Math::exp);
            case "Reciprocal" -> unary(a -> 1 / a);
            case "ReduceProd" -> reduced((a, b) -> a * b);
            case "ReduceSum" -> reduced(Double::sum);
            case "ReduceMax" -> reduced(Math::max);
            case "ReduceMin" -> reduced(Math::min);
            default -> throw new AssertionError(n);
        };
    }

    private long quotient(long a, long b) {
        if (b == 0) {
            throw n.error("divides the whole number " + a + " by zero");
        }
        return a / b;
    }

    private long[] axes() {
        return in.size() > 1 ? in.get(1).toLongs() : n.integers("axes");
    }

    private Constant constant() {
        String key = n.attributes().keySet().stream().findFirst().orElseThrow(() -> n.error("has no value"));
        return switch (key) {
            case "value" -> n.tensor("value");
            case "value_float" -> new Constant.Reals(new int[0], new float[] {n.number(key, 0)});
            case "value_int" -> new Constant.Integers(new int[0], new long[] {n.integer(key, 0)});
            case "value_ints" -> Constant.Integers.of(n.integers(key));
            default -> n.reals(key);
        };
    }

    private Constant filled() {
        int[] dims = Arrays.stream(in.getFirst().toLongs()).mapToInt(Math::toIntExact).toArray();
        Constant value = n.attributes().containsKey("value") ? n.tensor("value") : new Constant.Reals(new int[] {1}, new float[1]);
        return value.pick(dims, i -> 0);
    }

    /** Numbers of the enumeration {@code TensorProto.DataType}. */
    private Constant cast() {
        Constant src = in.getFirst();
        return switch ((int) n.integer("to", 0)) {
            case 1, 10, 11, 16 -> new Constant.Reals(src.dims(), src.toFloats());
            case 2, 3, 4, 5, 6, 7, 12, 13 -> new Constant.Integers(src.dims(), src.toLongs());
            case 9 -> unary(a -> a == 0 ? 0 : 1, true);
            default -> throw n.error("casts to type " + n.integer("to", 0) + "; expected a type of numbers");
        };
    }

    private Constant shape(int[] dims) {
        return Constant.Integers.of(Shapes.part(n, dims));
    }

    private Constant range() {
        double start = in.get(0).at(0);
        double step = in.get(2).at(0);
        double count = Math.max(0, Math.ceil((in.get(1).at(0) - start) / step));
        int size = Index.size((int) Math.min(Integer.MAX_VALUE, count));
        if (in.getFirst() instanceof Constant.Integers) {
            long[] out = new long[size];
            Arrays.setAll(out, i -> (long) (start + i * step));
            return Constant.Integers.of(out);
        }
        float[] out = new float[size];
        for (int i = 0; i < size; i++) {
            out[i] = (float) (start + i * step);
        }
        return new Constant.Reals(new int[] {size}, out);
    }

    private Constant gather() {
        Constant src = in.get(0);
        long[] wanted = in.get(1).toLongs();
        int axis = Index.axis(n.integer("axis", 0), src.rank());
        int[] dims = src.dims();
        int[] target = new int[dims.length - 1 + in.get(1).rank()];
        System.arraycopy(dims, 0, target, 0, axis);
        System.arraycopy(in.get(1).dims(), 0, target, axis, in.get(1).rank());
        System.arraycopy(dims, axis + 1, target, axis + in.get(1).rank(), dims.length - axis - 1);
        int inner = Index.elements(Arrays.copyOfRange(dims, axis + 1, dims.length));
        int size = dims[axis];
        return src.pick(target, i -> {
            int row = i / inner;
            int outer = row / wanted.length;
            return (outer * size + Index.axis(wanted[row % wanted.length], size)) * inner + i % inner;
        });
    }

    private Constant concat() {
        int axis = Index.axis(n.integer("axis", 0), in.getFirst().rank());
        int[] target = in.getFirst().dims().clone();
        int outer = Index.elements(Arrays.copyOf(target, axis));
        target[axis] = 0;
        for (Constant c : in) {
            boolean fits = c.rank() == target.length;
            for (int d = 0; fits && d < target.length; d++) {
                fits = d == axis || c.dims()[d] == target[d];
            }
            if (!fits) {
                throw n.error("joins " + Arrays.toString(in.getFirst().dims()) + " with " + Arrays.toString(c.dims()) + " along dimension " + axis);
            }
            target[axis] = Math.addExact(target[axis], c.dims()[axis]);
        }
        boolean whole = in.stream().allMatch(c -> c instanceof Constant.Integers);
        int size = Index.size(target);
        long[] integers = new long[whole ? size : 0];
        float[] reals = new float[whole ? 0 : size];
        int row = size / Math.max(1, outer);
        int before = 0;
        for (Constant c : in) {
            int own = c.size() / Math.max(1, outer);
            for (int o = 0; o < outer; o++) {
                if (whole) {
                    System.arraycopy(c.toLongs(), o * own, integers, o * row + before, own);
                } else {
                    System.arraycopy(c.toFloats(), o * own, reals, o * row + before, own);
                }
            }
            before += own;
        }
        return whole ? new Constant.Integers(target, integers) : new Constant.Reals(target, reals);
    }

    private Constant slice() {
        Constant src = in.getFirst();
        List<Index.Cut> cuts = Shapes.cuts(n, src.dims(), in.subList(1, in.size()));
        return cut(src, cuts);
    }

    private static Constant cut(Constant src, List<Index.Cut> cuts) {
        int[] own = Index.strides(src.dims());
        int[] target = cuts.stream().mapToInt(Index.Cut::count).toArray();
        int[] strides = new int[target.length];
        int first = 0;
        for (int d = 0; d < target.length; d++) {
            strides[d] = own[d] * cuts.get(d).step();
            first += own[d] * cuts.get(d).start();
        }
        int origin = first;
        return src.pick(target, i -> origin + Index.offset(i, target, strides));
    }

    private List<Constant> split() {
        Constant src = in.getFirst();
        List<Constant> out = new ArrayList<>();
        for (List<Index.Cut> part : Shapes.parts(n, src.dims(), in.subList(1, in.size()))) {
            out.add(cut(src, part));
        }
        return out;
    }

    private Constant where() {
        Constant test = in.get(0);
        Constant yes = in.get(1);
        Constant no = in.get(2);
        int[] target = Index.common(test.dims(), Index.common(yes.dims(), no.dims()));
        Constant chosen = test.broadcast(target);
        Constant a = yes.broadcast(target);
        Constant b = no.broadcast(target);
        if (a instanceof Constant.Integers && b instanceof Constant.Integers) {
            long[] out = new long[a.size()];
            Arrays.setAll(out, i -> chosen.at(i) != 0 ? a.toLongs()[i] : b.toLongs()[i]);
            return new Constant.Integers(target, out);
        }
        float[] out = new float[a.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) (chosen.at(i) != 0 ? a.at(i) : b.at(i));
        }
        return new Constant.Reals(target, out);
    }

    private Constant truth(DoubleBinaryOperator op) {
        return binary(op, (a, b) -> (long) op.applyAsDouble(a, b), true);
    }

    private Constant binary(DoubleBinaryOperator real, LongBinaryOperator whole) {
        return binary(real, whole, false);
    }

    private Constant binary(DoubleBinaryOperator real, LongBinaryOperator whole, boolean wholeResult) {
        int[] target = Index.common(in.get(0).dims(), in.get(1).dims());
        Constant a = in.get(0).broadcast(target);
        Constant b = in.get(1).broadcast(target);
        if (a instanceof Constant.Integers x && b instanceof Constant.Integers y) {
            long[] out = new long[a.size()];
            Arrays.setAll(out, i -> whole.applyAsLong(x.values()[i], y.values()[i]));
            return new Constant.Integers(target, out);
        }
        float[] out = new float[a.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) real.applyAsDouble(a.at(i), b.at(i));
        }
        Constant.Reals reals = new Constant.Reals(target, out);
        return wholeResult ? new Constant.Integers(target, reals.toLongs()) : reals;
    }

    private Constant unary(DoubleUnaryOperator op) {
        return unary(op, in.getFirst() instanceof Constant.Integers);
    }

    private Constant unary(DoubleUnaryOperator op, boolean wholeResult) {
        Constant src = in.getFirst();
        float[] reals = new float[wholeResult ? 0 : src.size()];
        long[] integers = new long[wholeResult ? src.size() : 0];
        for (int i = 0; i < src.size(); i++) {
            if (wholeResult) {
                integers[i] = (long) op.applyAsDouble(src.at(i));
            } else {
                reals[i] = (float) op.applyAsDouble(src.at(i));
            }
        }
        return wholeResult ? new Constant.Integers(src.dims(), integers) : new Constant.Reals(src.dims(), reals);
    }

    private Constant reduced(DoubleBinaryOperator op) {
        Constant src = in.getFirst();
        if (src.size() == 0 || axes().length > 0 && src.rank() > 1) {
            throw n.error("reduces a constant of " + Arrays.toString(src.dims()) + "; expected all of a list");
        }
        double all = src.at(0);
        for (int i = 1; i < src.size(); i++) {
            all = op.applyAsDouble(all, src.at(i));
        }
        int[] target = new int[n.integer("keepdims", 1) == 1 ? src.rank() : 0];
        Arrays.fill(target, 1);
        return src instanceof Constant.Integers
                ? new Constant.Integers(target, new long[] {(long) all})
                : new Constant.Reals(target, new float[] {(float) all});
    }
}
