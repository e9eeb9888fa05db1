package donna.cpu;

import donna.ffi.Dnnl;
import donna.ffi.Invocation;
import donna.ffi.MemoryDesc;
import donna.ffi.Primitive;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A oneDNN primitive that plans share, and what its arguments are.
 *
 * @param indices oneDNN's numbers of the arguments, in the order in which a step's slots come; the scratchpad, if there is one, is last
 * @param descs their layouts
 */
record Compiled(Dnnl dnnl, Primitive primitive, List<Integer> indices, List<MemoryDesc> descs) {
    String implementation() {
        return primitive.implementation();
    }

    long scratchBytes() {
        return primitive.scratchBytes();
    }

    /** The layout of argument {@code index}. */
    MemoryDesc desc(int index) {
        return descs.get(indices.indexOf(index));
    }

    /** A run of this primitive; the argument list lives in {@code arena}. */
    Step.Work work(Arena arena) {
        int[] numbers = indices.stream().mapToInt(Integer::intValue).toArray();
        return new PrimitiveWork(dnnl.invocation(arena, primitive, numbers, descs.toArray(MemoryDesc[]::new)));
    }

    private record PrimitiveWork(Invocation invocation) implements Step.Work {
        @Override
        public void moved(MemorySegment[] m) {
            for (int i = 0; i < m.length; i++) {
                invocation.set(i, m[i]);
            }
        }

        @Override
        public void run(MemorySegment[] m, CpuStream stream) {
            invocation.run(stream.dnnl());
        }

        @Override
        public void close() {
            invocation.close();
        }
    }
}
