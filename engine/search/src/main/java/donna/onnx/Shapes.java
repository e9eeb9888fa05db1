package donna.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What the ops that move data do to a shape, whether it is a constant's or a feature map's. */
final class Shapes {
    private Shapes() {}

    /** The shape that Squeeze, Unsqueeze or Flatten gives. */
    static int[] target(OnnxNode n, int[] dims, long[] axes) {
        return switch (n.op()) {
            case "Squeeze" -> {
                int[] gone = axes.length == 0 ? ones(dims) : Index.axes(axes, dims.length);
                List<Integer> kept = new ArrayList<>();
                for (int d = 0; d < dims.length; d++) {
                    if (Arrays.binarySearch(gone, d) < 0) {
                        kept.add(dims[d]);
                    } else if (dims[d] != 1) {
                        throw n.error("removes dimension " + d + " of " + Arrays.toString(dims) + ", which is not 1");
                    }
                }
                yield kept.stream().mapToInt(Integer::intValue).toArray();
            }
            case "Unsqueeze" -> {
                int rank = dims.length + axes.length;
                int[] fresh = Index.axes(axes, rank);
                int[] out = new int[rank];
                int from = 0;
                for (int d = 0; d < rank; d++) {
                    out[d] = Arrays.binarySearch(fresh, d) >= 0 || from == dims.length ? 1 : dims[from++];
                }
                yield out;
            }
            default -> {
                long axis = n.integer("axis", 1);
                int at = axis == dims.length ? dims.length : Index.axis(axis, dims.length);
                yield new int[] {
                    Index.elements(Arrays.copyOf(dims, at)), Index.elements(Arrays.copyOfRange(dims, at, dims.length))
                };
            }
        };
    }

    private static int[] ones(int[] dims) {
        int[] at = new int[dims.length];
        int count = 0;
        for (int d = 0; d < dims.length; d++) {
            if (dims[d] == 1) {
                at[count++] = d;
            }
        }
        return Arrays.copyOf(at, count);
    }

    /** The permutation of a Transpose; without an attribute the dimensions are turned round. */
    static int[] permutation(OnnxNode n, int rank) {
        long[] all = n.integers("perm");
        int[] out = new int[rank];
        if (all.length == 0) {
            Arrays.setAll(out, i -> rank - 1 - i);
            return out;
        }
        int[] sorted = Index.axes(all, rank);
        if (all.length != rank || sorted.length != rank) {
            throw n.error("has perm " + Arrays.toString(all) + "; expected an order of " + rank + " dimensions");
        }
        Arrays.setAll(out, i -> Index.axis(all[i], rank));
        return out;
    }

    /** The dimensions that a Shape node tells: all, or from {@code start} to {@code end}. */
    static long[] part(OnnxNode n, int[] dims) {
        int rank = dims.length;
        Index.Cut cut = Index.Cut.of(rank, n.integer("start", 0), n.integer("end", rank), 1);
        return Arrays.stream(dims, cut.start(), cut.start() + cut.count()).asLongStream().toArray();
    }

    /**
     * What a Slice takes of each dimension.
     *
     * @param given starts, ends, and axes and steps where there are some
     */
    static List<Index.Cut> cuts(OnnxNode n, int[] dims, List<Constant> given) {
        long[] starts = given.get(0).toLongs();
        long[] ends = given.get(1).toLongs();
        long[] axes = given.size() > 2 ? given.get(2).toLongs() : new long[0];
        long[] steps = given.size() > 3 ? given.get(3).toLongs() : new long[0];
        boolean fits = starts.length == ends.length
                && (axes.length == 0 ? starts.length <= dims.length : axes.length == starts.length)
                && (steps.length == 0 || steps.length == starts.length);
        if (!fits) {
            throw n.error("has " + starts.length + " starts, " + ends.length + " ends, " + axes.length + " axes and " + steps.length
                    + " steps for " + Arrays.toString(dims));
        }
        List<Index.Cut> cuts = whole(dims);
        for (int i = 0; i < starts.length; i++) {
            int axis = Index.axis(axes.length == 0 ? i : axes[i], dims.length);
            cuts.set(axis, Index.Cut.of(dims[axis], starts[i], ends[i], steps.length == 0 ? 1 : steps[i]));
        }
        return cuts;
    }

    private static List<Index.Cut> whole(int[] dims) {
        List<Index.Cut> cuts = new ArrayList<>();
        Arrays.stream(dims).forEach(d -> cuts.add(new Index.Cut(0, d, 1)));
        return cuts;
    }

    /**
     * The parts of a Split, each as what it takes of each dimension.
     *
     * @param given the sizes where they are an input
     */
    static List<List<Index.Cut>> parts(OnnxNode n, int[] dims, List<Constant> given) {
        int axis = Index.axis(n.integer("axis", 0), dims.length);
        int count = n.outputs().size();
        long[] sizes = given.isEmpty() ? n.integers("split") : given.getFirst().toLongs();
        if (sizes.length == 0) {
            sizes = new long[count];
            int each = Math.ceilDiv(dims[axis], count);
            for (int i = 0; i < count; i++) {
                sizes[i] = Math.min(each, dims[axis] - (long) each * i);
            }
        }
        if (sizes.length != count || Arrays.stream(sizes).sum() != dims[axis] || Arrays.stream(sizes).anyMatch(s -> s < 1)) {
            throw n.error("splits dimension " + axis + " of " + Arrays.toString(dims) + " into " + Arrays.toString(sizes) + " for " + count + " outputs");
        }
        List<List<Index.Cut>> parts = new ArrayList<>();
        int at = 0;
        for (long size : sizes) {
            List<Index.Cut> cuts = whole(dims);
            cuts.set(axis, new Index.Cut(at, (int) size, 1));
            parts.add(cuts);
            at += (int) size;
        }
        return parts;
    }
}
