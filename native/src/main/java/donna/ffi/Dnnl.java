package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * oneDNN's CPU engine, checked: every status code that is not success becomes a {@link NativeException}. Thread-safe. What it makes is closed by who
 * asked for it, before the engine.
 */
public final class Dnnl extends Handle {
    public static final int ARG_SRC = 1;
    public static final int ARG_SRC_1 = 2;
    public static final int ARG_DST = 17;
    public static final int ARG_WEIGHTS = 33;
    public static final int ARG_BIAS = 41;
    public static final int ARG_SCRATCHPAD = 80;
    public static final int ARG_DIFF_SRC = 129;
    public static final int ARG_DIFF_DST = 145;
    public static final int ARG_DIFF_WEIGHTS = 161;

    private static final String[] STATUS = {
        "success", "out of memory", "invalid arguments", "unimplemented", "last implementation reached", "runtime error", "not required"
    };
    private static final int UNIMPLEMENTED = 3;
    private static final int CPU = 1;
    private static final int ISA_AVX2 = 0x7;
    private static final int ISA_AVX512 = 0x27;
    private static final int ISA_AVX512_BF16 = 0xe7;
    private static final int TAG_ANY = 1;
    private static final int[] TAGS_ROW_MAJOR = {0, 2, 3, 4, 5, 6};
    private static final int TAG_BLOCKED_16 = 78;
    private static final int TAG_BLOCKED_8 = 102;
    private static final int FORWARD_TRAINING = 64;
    private static final int FORWARD_INFERENCE = 96;
    private static final int DIRECT = 1;
    private static final int BINARY_ADD = 0x1fff0;
    private static final int SCRATCHPAD_USER = 1;
    private static final int DEFAULT_STREAM = 1;

    private final Onednn lib;

    private Dnnl(Onednn lib, long engine) {
        super(engine);
        this.lib = lib;
    }

    /**
     * Loads the library and opens its CPU engine; the caller closes it.
     *
     * @throws NativeException if the library cannot be loaded
     */
    public static Dnnl open() {
        Onednn lib = Onednn.load();
        return new Dnnl(lib, create("dnnl_engine_create", out -> lib.dnnl_engine_create(out, CPU, 0)));
    }

    /** The library's version and the instruction set it generates code for: {@code 3.8.1, avx512_core}. */
    public String description() {
        MemorySegment v = lib.dnnl_version().reinterpret(12);
        String version = v.get(ValueLayout.JAVA_INT, 0) + "." + v.get(ValueLayout.JAVA_INT, 4) + "." + v.get(ValueLayout.JAVA_INT, 8);
        return version + ", " + (generatesFor(ISA_AVX512) ? "avx512_core" : generatesFor(ISA_AVX2) ? "avx2" : "sse41");
    }

    /** Whether this processor multiplies BF16 in hardware (AVX512-BF16, AMX); if not, the library widens it first, which is slower than F32. */
    public boolean multipliesBf16() {
        return generatesFor(ISA_AVX512_BF16);
    }

    private boolean generatesFor(int isa) {
        return (lib.dnnl_get_effective_cpu_isa() & isa) == isa;
    }

    /** Compiled primitives that the library itself keeps for equal descriptors. */
    public void primitiveCacheCapacity(int capacity) {
        check(lib.dnnl_set_primitive_cache_capacity(capacity), "dnnl_set_primitive_cache_capacity");
    }

    /** Row-major. */
    public MemoryDesc rowMajor(DnnlElement element, int... dims) {
        return tagged(element, dims, TAGS_ROW_MAJOR[dims.length]);
    }

    /** {@code [N, C, H, W]} in channel blocks of 8 or 16. */
    public MemoryDesc blocked(DnnlElement element, int block, int... dims) {
        if (block != 8 && block != 16) {
            throw new NativeException("oneDNN: a channel block of " + block + "; expected 8 or 16");
        }
        return tagged(element, dims, block == 16 ? TAG_BLOCKED_16 : TAG_BLOCKED_8);
    }

    /** In whatever order the primitive likes best. */
    public MemoryDesc any(DnnlElement element, int... dims) {
        return tagged(element, dims, TAG_ANY);
    }

    /** With the given distance, in elements, of neighbours along each dimension. */
    public MemoryDesc strided(DnnlElement element, int[] dims, long[] strides) {
        return new MemoryDesc(lib, create("dnnl_memory_desc_create_with_strides", (arena, out) -> lib.dnnl_memory_desc_create_with_strides(
                out, dims.length, longs(arena, dims), element.code, arena.allocateFrom(ValueLayout.JAVA_LONG, strides))));
    }

    private MemoryDesc tagged(DnnlElement element, int[] dims, int tag) {
        return new MemoryDesc(lib, create("dnnl_memory_desc_create_with_tag", (arena, out) ->
                lib.dnnl_memory_desc_create_with_tag(out, dims.length, longs(arena, dims), element.code, tag)));
    }

    /** A new order of work. */
    public DnnlStream stream() {
        return new DnnlStream(lib, create("dnnl_stream_create", out -> lib.dnnl_stream_create(out, address(), DEFAULT_STREAM)));
    }

    /** The argument index of the tensor of {@link PostOp.Add} at position {@code i} of the list of post-ops. */
    public static int postOpArgument(int i) {
        return (32768 * (i + 1)) | ARG_SRC_1;
    }

    /**
     * {@code (src, weights [, bias]) -> dst}.
     *
     * @param accept which implementations may be taken, by name; they are asked in the library's order
     * @return empty if the library has no such implementation
     */
    public Optional<Primitive> convolutionForward(boolean training, MemoryDesc src, MemoryDesc weights, Optional<MemoryDesc> bias,
            MemoryDesc dst, Window w, List<PostOp> postOps, Predicate<String> accept) {
        return primitive("convolution forward", postOps, accept, (arena, out, attr) -> lib.dnnl_convolution_forward_primitive_desc_create(
                out, address(), training ? FORWARD_TRAINING : FORWARD_INFERENCE, DIRECT, src.address(), weights.address(),
                bias.map(Handle::address).orElse(0L), dst.address(), pair(arena, w.stride()), pair(arena, w.dilation() - 1),
                pair(arena, w.padding()), pair(arena, w.paddingBelow(), w.paddingRight()), attr));
    }

    /** {@code (diffDst, weights) -> diffSrc}; otherwise as {@link #convolutionForward}, whose source is {@code src}. */
    public Optional<Primitive> convolutionBackwardData(MemoryDesc src, MemoryDesc diffSrc, MemoryDesc weights, MemoryDesc diffDst, Window w,
            Predicate<String> accept) {
        return withHint(src, weights, diffDst, w, hint ->
                primitive("convolution backward data", List.of(), accept, (arena, out, attr) ->
                        lib.dnnl_convolution_backward_data_primitive_desc_create(
                                out, address(), DIRECT, diffSrc.address(), weights.address(), diffDst.address(), pair(arena, w.stride()),
                                pair(arena, w.dilation() - 1), pair(arena, w.padding()), pair(arena, w.paddingBelow(), w.paddingRight()), hint, attr)));
    }

    /** {@code (src, diffDst) -> diffWeights}; otherwise as {@link #convolutionForward}, whose weights are {@code weights}. */
    public Optional<Primitive> convolutionBackwardWeights(MemoryDesc src, MemoryDesc weights, MemoryDesc diffWeights, MemoryDesc diffDst, Window w,
            Predicate<String> accept) {
        return withHint(src, weights, diffDst, w, hint ->
                primitive("convolution backward weights", List.of(), accept, (arena, out, attr) ->
                        lib.dnnl_convolution_backward_weights_primitive_desc_create(
                                out, address(), DIRECT, src.address(), diffWeights.address(), 0, diffDst.address(), pair(arena, w.stride()),
                                pair(arena, w.dilation() - 1), pair(arena, w.padding()), pair(arena, w.paddingBelow(), w.paddingRight()), hint, attr)));
    }

    /** {@code (src, weights [, bias]) -> dst}, with oneDNN's matmul: leading dimensions are batches. */
    public Optional<Primitive> matmul(MemoryDesc src, MemoryDesc weights, Optional<MemoryDesc> bias, MemoryDesc dst, Predicate<String> accept) {
        return primitive("matmul", List.of(), accept, (arena, out, attr) -> lib.dnnl_matmul_primitive_desc_create(
                out, address(), src.address(), weights.address(), bias.map(Handle::address).orElse(0L), dst.address(), attr));
    }

    /** {@code src -> dst}, the same values in another order, or rounded to other elements. */
    public Optional<Primitive> reorder(MemoryDesc src, MemoryDesc dst, Predicate<String> accept) {
        return primitive("reorder", List.of(), accept, (arena, out, attr) -> lib.dnnl_reorder_primitive_desc_create(
                out, src.address(), address(), dst.address(), address(), attr));
    }

    /** {@code primitive} with arguments {@code indices}; {@code arena} must outlive it. */
    public Invocation invocation(Arena arena, Primitive primitive, int[] indices, MemoryDesc... descs) {
        return new Invocation(lib, address(), arena, primitive, indices, descs);
    }

    private interface Descriptor {
        int create(Arena arena, MemorySegment out, long attr);
    }

    private Optional<Primitive> primitive(String what, List<PostOp> postOps, Predicate<String> accept, Descriptor descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            long attr = attributes(postOps);
            int status = descriptor.create(arena, out, attr);
            check(lib.dnnl_primitive_attr_destroy(attr), "dnnl_primitive_attr_destroy");
            if (status == UNIMPLEMENTED) {
                return Optional.empty();
            }
            check(status, what);
            long desc = out.get(ValueLayout.JAVA_LONG, 0);
            do {
                String name = Primitive.implementation(lib, desc);
                if (accept.test(name)) {
                    return Optional.of(new Primitive(lib, desc, name));
                }
            } while (lib.dnnl_primitive_desc_next_impl(desc) == 0);
            check(lib.dnnl_primitive_desc_destroy(desc), "dnnl_primitive_desc_destroy");
            return Optional.empty();
        }
    }

    private long attributes(List<PostOp> postOps) {
        long attr = create("dnnl_primitive_attr_create", lib::dnnl_primitive_attr_create);
        check(lib.dnnl_primitive_attr_set_scratchpad_mode(attr, SCRATCHPAD_USER), "dnnl_primitive_attr_set_scratchpad_mode");
        if (!postOps.isEmpty()) {
            long ops = create("dnnl_post_ops_create", lib::dnnl_post_ops_create);
            for (PostOp op : postOps) {
                check(switch (op) {
                    case PostOp.Eltwise e -> lib.dnnl_post_ops_append_eltwise(ops, e.function().code, e.alpha(), e.beta());
                    case PostOp.Add a -> lib.dnnl_post_ops_append_binary(ops, BINARY_ADD, a.tensor().address());
                }, "dnnl_post_ops_append of " + op);
            }
            check(lib.dnnl_primitive_attr_set_post_ops(attr, ops), "dnnl_primitive_attr_set_post_ops");
            check(lib.dnnl_post_ops_destroy(ops), "dnnl_post_ops_destroy");
        }
        return attr;
    }

    private interface WithHint {
        Optional<Primitive> create(long forward);
    }

    /** Backward descriptors want the forward one they belong to; any implementation of it will do. */
    private Optional<Primitive> withHint(MemoryDesc src, MemoryDesc weights, MemoryDesc dst, Window w, WithHint backward) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            int status = lib.dnnl_convolution_forward_primitive_desc_create(out, address(), FORWARD_TRAINING, DIRECT, src.address(),
                    weights.address(), 0, dst.address(), pair(arena, w.stride()), pair(arena, w.dilation() - 1), pair(arena, w.padding()),
                    pair(arena, w.paddingBelow(), w.paddingRight()), 0);
            if (status == UNIMPLEMENTED) {
                return Optional.empty();
            }
            check(status, "dnnl_convolution_forward_primitive_desc_create");
            long forward = out.get(ValueLayout.JAVA_LONG, 0);
            try {
                return backward.create(forward);
            } finally {
                check(lib.dnnl_primitive_desc_destroy(forward), "dnnl_primitive_desc_destroy");
            }
        }
    }

    private interface Creation {
        int create(Arena arena, MemorySegment out);
    }

    private interface SimpleCreation {
        int create(MemorySegment out);
    }

    private static long create(String function, SimpleCreation c) {
        return create(function, (arena, out) -> c.create(out));
    }

    private static long create(String function, Creation c) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            check(c.create(arena, out), function);
            return out.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    private static MemorySegment pair(Arena arena, int value) {
        return pair(arena, value, value);
    }

    private static MemorySegment pair(Arena arena, int height, int width) {
        return arena.allocateFrom(ValueLayout.JAVA_LONG, height, width);
    }

    private static MemorySegment longs(Arena arena, int[] values) {
        MemorySegment s = arena.allocate(ValueLayout.JAVA_LONG, values.length);
        for (int i = 0; i < values.length; i++) {
            s.setAtIndex(ValueLayout.JAVA_LONG, i, values[i]);
        }
        return s;
    }

    static void check(int status, String function) {
        if (status != 0) {
            String text = status > 0 && status < STATUS.length ? STATUS[status] : "unknown status";
            throw new NativeException("oneDNN: " + function + ": status " + status + " (" + text + "), expected 0; set ONEDNN_VERBOSE=all to see why");
        }
    }

    @Override
    void destroy(long address) {
        check(lib.dnnl_engine_destroy(address), "dnnl_engine_destroy");
    }
}
