package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A compiled oneDNN primitive with scratch memory from the caller. Immutable, so any number of threads may run it. The caller closes it. */
public final class Primitive extends Handle {
    private static final int QUERY_IMPLEMENTATION = 8;
    private static final int QUERY_SCRATCHPAD_MD = 136;

    private final Onednn lib;
    private final long desc;
    private final String implementation;
    private final long scratchBytes;

    /** Takes over the primitive descriptor {@code desc}. */
    Primitive(Onednn lib, long desc, String implementation) {
        super(create(lib, desc, implementation));
        this.lib = lib;
        this.desc = desc;
        this.implementation = implementation;
        long scratch = lib.dnnl_primitive_desc_query_md(desc, QUERY_SCRATCHPAD_MD, 0);
        this.scratchBytes = scratch == 0 ? 0 : lib.dnnl_memory_desc_get_size(scratch);
    }

    private static long create(Onednn lib, long desc, String implementation) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            Dnnl.check(lib.dnnl_primitive_create(out, desc), "dnnl_primitive_create of " + implementation);
            return out.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    static String implementation(Onednn lib, long desc) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            Dnnl.check(lib.dnnl_primitive_desc_query(desc, QUERY_IMPLEMENTATION, 0, out), "dnnl_primitive_desc_query");
            return out.get(ValueLayout.ADDRESS, 0).reinterpret(256).getString(0);
        }
    }

    /** The library's name for the code that runs, such as {@code jit:avx512_core}. */
    public String implementation() {
        return implementation;
    }

    /** Scratch memory that a run needs, as argument {@link Dnnl#ARG_SCRATCHPAD}. */
    public long scratchBytes() {
        return scratchBytes;
    }

    /** The order in which the primitive wants its weights; the caller closes it. */
    public MemoryDesc weights() {
        return copyOf(131, "weights");
    }

    /** The order in which the primitive writes its weights' gradient; the caller closes it. */
    public MemoryDesc diffWeights() {
        return copyOf(132, "diff_weights");
    }

    /** What argument {@link Dnnl#ARG_SCRATCHPAD} is; the caller closes it. Only if {@link #scratchBytes} is not 0. */
    public MemoryDesc scratchpad() {
        return copyOf(QUERY_SCRATCHPAD_MD, "scratchpad");
    }

    private MemoryDesc copyOf(int query, String what) {
        address();
        long md = lib.dnnl_primitive_desc_query_md(desc, query, 0);
        if (md == 0) {
            throw new NativeException(implementation + ": has no " + what);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            Dnnl.check(lib.dnnl_memory_desc_clone(out, md), "dnnl_memory_desc_clone");
            return new MemoryDesc(lib, out.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    @Override
    void destroy(long address) {
        Dnnl.check(lib.dnnl_primitive_destroy(address), "dnnl_primitive_destroy");
        Dnnl.check(lib.dnnl_primitive_desc_destroy(desc), "dnnl_primitive_desc_destroy");
    }
}
