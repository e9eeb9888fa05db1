package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * A primitive with its arguments: set the addresses once, run as often as wanted; a run allocates nothing. One thread at a time; the caller closes it.
 * The memory behind the addresses stays the caller's.
 */
public final class Invocation implements AutoCloseable {
    private static final long ARG_BYTES = 16;

    private final Onednn lib;
    private final Primitive primitive;
    private final MemorySegment args;
    private final long[] memories;
    private final boolean[] placed;
    private int missing;

    /** {@code arena} outlives this object and holds the argument list. */
    Invocation(Onednn lib, long engine, Arena arena, Primitive primitive, int[] indices, MemoryDesc[] descs) {
        this.lib = lib;
        this.primitive = primitive;
        this.args = arena.allocate(ARG_BYTES * indices.length, 8);
        this.memories = new long[indices.length];
        this.placed = new boolean[indices.length];
        this.missing = indices.length;
        if (primitive.scratchBytes() > 0 && Arrays.stream(indices).noneMatch(i -> i == Dnnl.ARG_SCRATCHPAD)) {
            throw new NativeException(primitive.implementation() + ": needs " + primitive.scratchBytes()
                    + " bytes of scratch memory; expected an argument ARG_SCRATCHPAD");
        }
        try (Arena local = Arena.ofConfined()) {
            MemorySegment out = local.allocate(ValueLayout.JAVA_LONG);
            for (int i = 0; i < indices.length; i++) {
                Dnnl.check(lib.dnnl_memory_create(out, descs[i].address(), engine, 0), "dnnl_memory_create");
                memories[i] = out.get(ValueLayout.JAVA_LONG, 0);
                args.set(ValueLayout.JAVA_INT, i * ARG_BYTES, indices[i]);
                args.set(ValueLayout.JAVA_LONG, i * ARG_BYTES + 8, memories[i]);
            }
        }
    }

    /** Where argument {@code i}, in the order given at creation, begins. */
    public void set(int i, MemorySegment where) {
        Dnnl.check(lib.dnnl_memory_set_data_handle(memories[i], where.address()), "dnnl_memory_set_data_handle");
        missing -= placed[i] ? 0 : 1;
        placed[i] = true;
    }

    /**
     * Runs the primitive and waits for it.
     *
     * @throws NativeException if an argument was never set, or the library reports an error
     */
    public void run(DnnlStream stream) {
        if (missing > 0) {
            throw new NativeException(primitive.implementation() + ": " + missing + " of " + memories.length + " arguments have no memory; set each");
        }
        int status = lib.dnnl_primitive_execute(primitive.address(), stream.address(), memories.length, args);
        if (status != 0) {
            Dnnl.check(status, "dnnl_primitive_execute of " + primitive.implementation());
        }
    }

    @Override
    public void close() {
        for (int i = 0; i < memories.length; i++) {
            if (memories[i] != 0) {
                Dnnl.check(lib.dnnl_memory_destroy(memories[i]), "dnnl_memory_destroy");
                memories[i] = 0;
            }
        }
    }
}
