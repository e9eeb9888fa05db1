package donna.cpu;

import donna.ffi.Dnnl;
import donna.ffi.DnnlElement;
import donna.ffi.MemoryDesc;
import donna.ffi.PostOp;
import donna.ffi.Primitive;
import donna.ffi.Window;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The device's compiled oneDNN primitives, each made once per description, and its layouts, each held once so that equal layouts are the same object.
 * Reference implementations are refused. Thread-safe; lives as long as the device.
 */
final class Primitives implements AutoCloseable {
    /** One pass of a convolution. */
    enum Pass {
        FORWARD,
        BACKWARD_DATA,
        BACKWARD_WEIGHT
    }

    /**
     * Describes a convolution; equal descriptions share a primitive.
     *
     * @param weight {@code [O, C / groups, K, K]}
     * @param element of what is multiplied; results, biases and what is added are F32
     * @param srcBlock channel block of src; dst always has {@code block}
     */
    record Conv(
            Pass pass,
            DnnlElement element,
            Shape src,
            Shape weight,
            Shape dst,
            ConvGeometry geometry,
            int srcBlock,
            int block,
            boolean bias,
            Activation act,
            boolean residual) {}

    private record Reorder(MemoryDesc from, MemoryDesc to) {}

    /** Row-major batched product of {@code element}s with a result of F32; transposed operands are stored transposed. */
    record Product(DnnlElement element, int batch, int m, int k, int n, boolean transposeA, boolean transposeB, boolean bias) {
        Product of(DnnlElement other) {
            return new Product(other, batch, m, k, n, transposeA, transposeB, bias);
        }
    }

    private final Dnnl dnnl;
    private final Map<Object, Optional<Compiled>> known = new HashMap<>();
    private final List<MemoryDesc> layouts = new ArrayList<>();

    Primitives(Dnnl dnnl) {
        this.dnnl = dnnl;
    }

    private static boolean acceptable(String implementation) {
        return !implementation.startsWith("ref") && !implementation.startsWith("gemm:ref");
    }

    private Optional<Compiled> once(Object key, Supplier<Optional<Compiled>> make) {
        Optional<Compiled> c = known.get(key);
        if (c == null) {
            c = make.get();
            known.put(key, c);
        }
        return c;
    }

    /** The layout object that stands for all layouts equal to {@code fresh}, which is closed unless it is the first. */
    private MemoryDesc shared(MemoryDesc fresh) {
        for (MemoryDesc d : layouts) {
            if (d.same(fresh)) {
                fresh.close();
                return d;
            }
        }
        layouts.add(fresh);
        return fresh;
    }

    /** The layout of {@code shape} with channel blocks of {@code block}; 1 is row-major. */
    synchronized MemoryDesc layout(DnnlElement element, Shape shape, int block) {
        return shared(block == 1 ? dnnl.rowMajor(element, shape.dims()) : dnnl.blocked(element, block, shape.dims()));
    }

    /** The row-major layout of F32 convolution weights as oneDNN sees them: {@code [G, O / G, C / G, K, K]} if there are groups. */
    synchronized MemoryDesc plainWeight(Shape weight, int groups) {
        return shared(dnnl.rowMajor(DnnlElement.F32, weightDims(weight, groups)));
    }

    private static int[] weightDims(Shape w, int groups) {
        return groups == 1 ? w.dims() : new int[] {groups, w.dim(0) / groups, w.dim(1), w.dim(2), w.dim(3)};
    }

    /** A convolution pass with arguments (src, weights [, bias] [, residual], dst), (dDst, weights, dSrc) or (src, dDst, dWeights); empty if only a
     * reference implementation exists. */
    synchronized Optional<Compiled> convolution(Conv c) {
        return once(c, () -> {
            MemoryDesc src = layout(c.element, c.src, c.srcBlock);
            MemoryDesc dst = layout(c.element, c.dst, c.block);
            Window w = window(c);
            int[] dims = weightDims(c.weight, c.geometry.groups());
            try (MemoryDesc weights = dnnl.any(c.element, dims);
                    MemoryDesc diffWeights = dnnl.any(DnnlElement.F32, dims)) {
                return switch (c.pass) {
                    case FORWARD -> forward(c, src, weights, layout(DnnlElement.F32, c.dst, c.block), w);
                    case BACKWARD_DATA -> {
                        MemoryDesc diffSrc = layout(DnnlElement.F32, c.src, c.srcBlock);
                        yield dnnl.convolutionBackwardData(src, diffSrc, weights, dst, w, Primitives::acceptable)
                                .map(p -> compiled(p, List.of(Dnnl.ARG_DIFF_DST, Dnnl.ARG_WEIGHTS, Dnnl.ARG_DIFF_SRC),
                                        dst, shared(p.weights()), diffSrc));
                    }
                    case BACKWARD_WEIGHT ->
                        dnnl.convolutionBackwardWeights(src, weights, diffWeights, dst, w, Primitives::acceptable)
                                .map(p -> compiled(p, List.of(Dnnl.ARG_SRC, Dnnl.ARG_DIFF_DST, Dnnl.ARG_DIFF_WEIGHTS),
                                        src, dst, shared(p.diffWeights())));
                };
            }
        });
    }

    private Optional<Compiled> forward(Conv c, MemoryDesc src, MemoryDesc any, MemoryDesc dst, Window w) {
        MemoryDesc bias = layout(DnnlElement.F32, new Shape(c.weight.dim(0)), 1);
        List<PostOp> postOps = new ArrayList<>();
        if (c.residual) {
            postOps.add(new PostOp.Add(dst));
        }
        eltwise(c.act).ifPresent(postOps::add);
        return dnnl.convolutionForward(true, src, any, c.bias ? Optional.of(bias) : Optional.empty(), dst, w, postOps, Primitives::acceptable)
                .map(p -> {
                    List<Integer> args = new ArrayList<>(List.of(Dnnl.ARG_SRC, Dnnl.ARG_WEIGHTS));
                    List<MemoryDesc> descs = new ArrayList<>(List.of(src, shared(p.weights())));
                    if (c.bias) {
                        args.add(Dnnl.ARG_BIAS);
                        descs.add(bias);
                    }
                    if (c.residual) {
                        args.add(Dnnl.postOpArgument(0));
                        descs.add(dst);
                    }
                    args.add(Dnnl.ARG_DST);
                    descs.add(dst);
                    return compiled(p, args, descs.toArray(MemoryDesc[]::new));
                });
    }

    private static Window window(Conv c) {
        ConvGeometry g = c.geometry;
        int reachH = g.dilation() * (c.weight.dim(2) - 1) + 1 + (c.dst.dim(2) - 1) * g.stride();
        int reachW = g.dilation() * (c.weight.dim(3) - 1) + 1 + (c.dst.dim(3) - 1) * g.stride();
        return new Window(g.stride(), g.dilation(), g.padding(), reachH - c.src.dim(2) - g.padding(), reachW - c.src.dim(3) - g.padding());
    }

    private static Optional<PostOp> eltwise(Activation act) {
        return switch (act) {
            case NONE -> Optional.empty();
            case RELU -> Optional.of(new PostOp.Eltwise(PostOp.Function.RELU, 0, 0));
            case RELU6 -> Optional.of(new PostOp.Eltwise(PostOp.Function.CLIP, 0, 6));
            case SWISH -> Optional.of(new PostOp.Eltwise(PostOp.Function.SWISH, 1, 0));
            case HSWISH -> Optional.of(new PostOp.Eltwise(PostOp.Function.HARDSWISH, 1f / 6, 0.5f));
            case SIGMOID -> Optional.of(new PostOp.Eltwise(PostOp.Function.LOGISTIC, 0, 0));
            case HSIGMOID -> Optional.of(new PostOp.Eltwise(PostOp.Function.HARDSIGMOID, 1f / 6, 0.5f));
            case GELU -> Optional.of(new PostOp.Eltwise(PostOp.Function.GELU_ERF, 0, 0));
        };
    }

    /** A change of layout with arguments (src, dst); empty if the two are the same. */
    synchronized Optional<Compiled> reorder(MemoryDesc from, MemoryDesc to) {
        if (from == to) {
            return Optional.empty();
        }
        return once(new Reorder(from, to), () -> dnnl.reorder(from, to, name -> true)
                .map(p -> compiled(p, List.of(Dnnl.ARG_SRC, Dnnl.ARG_DST), from, to)));
    }

    /** A matrix product with arguments (a, b [, bias], dst); empty if only a reference implementation exists. */
    synchronized Optional<Compiled> product(Product p) {
        return once(p, () -> {
            MemoryDesc a = matrix(p.element, p.batch, p.m, p.k, p.transposeA);
            MemoryDesc b = matrix(p.element, p.batch, p.k, p.n, p.transposeB);
            MemoryDesc dst = matrix(DnnlElement.F32, p.batch, p.m, p.n, false);
            MemoryDesc bias = shared(dnnl.rowMajor(DnnlElement.F32, p.batch == 1 ? new int[] {1, p.n} : new int[] {1, 1, p.n}));
            return dnnl.matmul(a, b, p.bias ? Optional.of(bias) : Optional.empty(), dst, Primitives::acceptable)
                    .map(q -> p.bias
                            ? compiled(q, List.of(Dnnl.ARG_SRC, Dnnl.ARG_WEIGHTS, Dnnl.ARG_BIAS, Dnnl.ARG_DST), a, b, bias, dst)
                            : compiled(q, List.of(Dnnl.ARG_SRC, Dnnl.ARG_WEIGHTS, Dnnl.ARG_DST), a, b, dst));
        });
    }

    private MemoryDesc matrix(DnnlElement element, int batch, int rows, int columns, boolean transposed) {
        long rowStride = transposed ? 1 : columns;
        long columnStride = transposed ? rows : 1;
        return shared(batch == 1
                ? dnnl.strided(element, new int[] {rows, columns}, new long[] {rowStride, columnStride})
                : dnnl.strided(element, new int[] {batch, rows, columns}, new long[] {(long) rows * columns, rowStride, columnStride}));
    }

    private Compiled compiled(Primitive p, List<Integer> indices, MemoryDesc... descs) {
        List<Integer> args = new ArrayList<>(indices);
        List<MemoryDesc> all = new ArrayList<>(List.of(descs));
        if (p.scratchBytes() > 0) {
            args.add(Dnnl.ARG_SCRATCHPAD);
            all.add(shared(p.scratchpad()));
        }
        return new Compiled(dnnl, p, List.copyOf(args), List.copyOf(all));
    }

    @Override
    public synchronized void close() {
        known.values().forEach(c -> c.ifPresent(k -> k.primitive().close()));
        known.clear();
        layouts.forEach(MemoryDesc::close);
        layouts.clear();
    }
}
