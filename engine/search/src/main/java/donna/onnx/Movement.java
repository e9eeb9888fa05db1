package donna.onnx;

import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** Ops that move features without computing. */
final class Movement {
    private static final int MOST_PARTS = 1024;

    private final Lowering l;

    Movement(Lowering lowering) {
        this.l = lowering;
    }

    void write(OnnxNode n) {
        switch (n.op()) {
            case "Identity" -> l.put(n, l.live(n, 0));
            case "Dropout" -> {
                if (l.number(n, 2).orElse(0f) != 0) {
                    throw n.error("is in training mode; export the model for inference");
                }
                l.put(n, l.live(n, 0));
            }
            case "Cast" -> {
                if (n.integer("to", 0) != 1) {
                    throw n.error("casts features to type " + n.integer("to", 0) + "; expected 1, single precision");
                }
                l.put(n, l.live(n, 0));
            }
            case "Reshape" -> l.put(n, reshape(n));
            case "Flatten", "Squeeze", "Unsqueeze" -> {
                long[] axes = n.is("Flatten") ? new long[0] : l.integers(n, 1, "axes");
                Value v = l.live(n, 0);
                l.put(n, l.reshape(v, Shapes.target(n, v.shape().dims(), axes)));
            }
            case "Transpose" -> {
                Value v = l.live(n, 0);
                l.put(n, l.transpose(v, Shapes.permutation(n, v.shape().rank())));
            }
            case "Slice" -> {
                Value v = l.live(n, 0);
                l.put(n, cut(n, v, Shapes.cuts(n, v.shape().dims(), constants(n))));
            }
            case "Split" -> {
                Value v = l.live(n, 0);
                List<List<Index.Cut>> parts = Shapes.parts(n, v.shape().dims(), constants(n));
                for (int i = 0; i < parts.size(); i++) {
                    l.put(n, i, cut(n, v, parts.get(i)));
                }
            }
            case "Gather" -> l.put(n, gather(n));
            case "Concat" -> l.put(n, concat(n));
            case "Pad" -> l.put(n, pad(n));
            case "Expand" -> {
                Value v = l.live(n, 0);
                l.put(n, l.broadcast(v, Index.common(v.shape().dims(), wish(n))));
            }
            case "Tile" -> l.put(n, tile(n));
            default -> throw new AssertionError(n);
        }
    }

    private List<Constant> constants(OnnxNode n) {
        List<Constant> all = new ArrayList<>();
        for (int i = 1; i < n.inputs().size(); i++) {
            all.add(n.has(i) ? l.stored(n, i, "input " + i).value() : Constant.Integers.of());
        }
        return all;
    }

    private int[] wish(OnnxNode n) {
        return Arrays.stream(l.stored(n, 1, "shape").value().toLongs()).mapToInt(Math::toIntExact).toArray();
    }

    private Value reshape(OnnxNode n) {
        Value v = l.live(n, 0);
        long[] wish = l.stored(n, 1, "shape").value().toLongs();
        boolean zeroIsZero = n.integer("allowzero", 0) == 1;
        boolean fixed = l.program.constants().containsKey(n.input(1));
        if (!l.isRebatched() || !fixed) {
            return l.reshape(v, Index.reshape(v.shape().dims(), wish, zeroIsZero));
        }
        int[] declared = Index.reshape(l.program.declared().get(n.input(0)).dims(), wish, zeroIsZero);
        return l.reshape(v, l.rebatched(n, n.input(0), v.shape().dims(), declared));
    }

    private Value cut(OnnxNode n, Value v, List<Index.Cut> cuts) {
        List<Integer> start = new ArrayList<>();
        List<Integer> step = new ArrayList<>();
        int[] dims = new int[cuts.size()];
        for (int d = 0; d < dims.length; d++) {
            Index.Cut c = cuts.get(d);
            if (c.step() < 0 && c.count() > 1) {
                throw n.error("takes dimension " + d + " backwards, which is not supported");
            }
            start.add(c.start());
            step.add(Math.max(1, c.step()));
            dims[d] = c.count();
        }
        Shape shape = new Shape(dims);
        return shape.equals(v.shape()) ? v : l.graph.add(new Op.Slice(start, step, shape), v);
    }

    private Value gather(OnnxNode n) {
        Value v = l.live(n, 0);
        int[] dims = v.shape().dims();
        int axis = Index.axis(n.integer("axis", 0), dims.length);
        Constant wanted = l.stored(n, 1, "indices").value();
        if (wanted.rank() > 1 || wanted.size() < 1 || wanted.size() > MOST_PARTS) {
            throw n.error("takes the indices " + wanted.text() + " of features; expected one number or a list of up to " + MOST_PARTS);
        }
        List<Value> parts = new ArrayList<>();
        for (long index : wanted.toLongs()) {
            List<Index.Cut> cuts = new ArrayList<>();
            Arrays.stream(dims).forEach(d -> cuts.add(new Index.Cut(0, d, 1)));
            cuts.set(axis, new Index.Cut(Index.axis(index, dims[axis]), 1, 1));
            parts.add(cut(n, v, cuts));
        }
        Value all = parts.size() == 1 ? parts.getFirst() : l.graph.node(new Op.Concat(axis), parts).output(0);
        return wanted.rank() == 1 ? all : l.reshape(all, without(dims, axis));
    }

    private static int[] without(int[] dims, int axis) {
        int[] out = new int[dims.length - 1];
        System.arraycopy(dims, 0, out, 0, axis);
        System.arraycopy(dims, axis + 1, out, axis, out.length - axis);
        return out;
    }

    private Value concat(OnnxNode n) {
        List<Value> parts = new ArrayList<>();
        n.inputs().forEach(name -> parts.add(l.live(n, name)));
        int axis = Index.axis(n.integer("axis", 0), parts.getFirst().shape().rank());
        if (l.isRebatched() && l.program.fixedBatch() == 1) {
            repeatForImages(parts, axis);
        }
        return parts.size() == 1 ? parts.getFirst() : l.graph.node(new Op.Concat(axis), parts).output(0);
    }

    /** A file for one image may join what is the same for all, such as a class token, to features; more images need one each. */
    private void repeatForImages(List<Value> parts, int axis) {
        int[] common = parts.getFirst().shape().with(axis, 1).dims();
        for (Value v : parts) {
            common = Index.common(common, v.shape().with(axis, 1).dims());
        }
        for (int i = 0; i < parts.size(); i++) {
            int[] target = common.clone();
            target[axis] = parts.get(i).shape().dim(axis);
            parts.set(i, l.broadcast(parts.get(i), target));
        }
    }

    private Value pad(OnnxNode n) {
        Value v = l.live(n, 0);
        int rank = v.shape().rank();
        long[] pads = l.stored(n, 1, "pads").value().toLongs();
        long[] axes = n.has(3) ? l.stored(n, 3, "axes").value().toLongs() : new long[0];
        int count = axes.length == 0 ? rank : axes.length;
        if (!n.text("mode", "constant").equals("constant") || n.has(2) && l.number(n, 2).orElse(1f) != 0) {
            throw n.error("pads by mode '" + n.text("mode", "constant") + "' or with another value than 0; expected zeros");
        }
        if (pads.length != 2 * count || Arrays.stream(pads).anyMatch(p -> p < 0 || p > 1 << 16)) {
            throw n.error("has pads " + Arrays.toString(pads) + " for " + v.shape() + "; expected " + 2 * count + " of 0 or more");
        }
        int[] before = new int[rank];
        int[] after = new int[rank];
        for (int i = 0; i < count; i++) {
            int d = axes.length == 0 ? i : Index.axis(axes[i], rank);
            before[d] = (int) pads[i];
            after[d] = (int) pads[count + i];
        }
        return zeros(v, before, after);
    }

    /** Zeros on both sides of each dimension. */
    private Value zeros(Value v, int[] before, int[] after) {
        int[] dims = v.shape().dims();
        for (int d = 0; d < dims.length; d++) {
            dims[d] += before[d] + after[d];
        }
        Shape shape = new Shape(dims);
        List<Integer> step = Collections.nCopies(dims.length, 1);
        return shape.equals(v.shape()) ? v : l.graph.add(new Op.Pad(Arrays.stream(before).boxed().toList(), step, shape), v);
    }

    private Value tile(OnnxNode n) {
        Value v = l.live(n, 0);
        int[] repeats = wish(n);
        int[] target = v.shape().dims();
        for (int d = 0; d < target.length && repeats.length == target.length; d++) {
            if (repeats[d] != 1 && target[d] != 1) {
                throw n.error("repeats dimension " + d + " of " + v.shape() + " " + repeats[d] + " times; expected only dimensions of 1");
            }
            target[d] *= repeats[d];
        }
        return l.broadcast(v, target);
    }
}
