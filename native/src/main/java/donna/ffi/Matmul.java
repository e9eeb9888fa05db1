package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A product of matrices, planned once by {@link BlasLt#matmul} and run any number of times without allocating. The library's columns are our rows, so what it
 * is told is {@code D' = op(B)' op(A)'}. By one thread at a time; the caller closes it.
 */
public final class Matmul implements AutoCloseable {
    private static final int COMPUTE_F32 = 68;
    private static final int COMPUTE_F32_FAST_TF32 = 77;
    private static final int SCALE_F32 = 0;
    private static final int DESC_TRANSPOSE_A = 3;
    private static final int DESC_TRANSPOSE_B = 4;
    private static final int DESC_EPILOGUE = 7;
    private static final int DESC_BIAS_POINTER = 8;
    private static final int LAYOUT_BATCH_COUNT = 5;
    private static final int LAYOUT_BATCH_STRIDE = 6;
    private static final int PREFERENCE_WORKSPACE_BYTES = 1;
    private static final int PREFERENCE_REDUCTION = 3;
    private static final int PREFERENCE_ALIGNMENT_A = 5;
    private static final int PREFERENCE_ALIGNMENT_D = 8;
    private static final int CANDIDATES = 8;

    /** How the parts of a sum that several blocks make may be added, always in the same order: in single precision. */
    private static final int REDUCE_IN_F32 = 2;

    /** In place and as the result is stored too, which for floats is no less exact. */
    private static final int REDUCE_IN_ANY_WAY = 7;

    /** {@code cublasLtMatmulHeuristicResult_t}: the algorithm (64 bytes), its workspace, a status, the waves, four reserved words. */
    private static final long RESULT_BYTES = 96;

    private static final long RESULT_WORKSPACE = 64;

    private final CublasLt lib;
    private final MatmulSpec spec;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment scalars = arena.allocate(ValueLayout.JAVA_FLOAT, 2);
    private final MemorySegment bias = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment results = arena.allocate(CANDIDATES * RESULT_BYTES, 8);
    private final Part desc;
    private final Part a;
    private final Part b;
    private final Part c;
    private long handle;
    private int found;
    private int chosen;

    Matmul(CublasLt lib, MatmulSpec spec) {
        this.lib = lib;
        this.spec = spec;
        int compute = spec.tensorFloat() && spec.operands() == CudaElement.F32 ? COMPUTE_F32_FAST_TF32 : COMPUTE_F32;
        desc = new Part(BlasLt.create(lib, "cublasLtMatmulDescCreate", out -> lib.cublasLtMatmulDescCreate(out, compute, SCALE_F32)), true);
        set(DESC_TRANSPOSE_A, spec.b().transposed() ? 1 : 0);
        set(DESC_TRANSPOSE_B, spec.a().transposed() ? 1 : 0);
        set(DESC_EPILOGUE, spec.epilogue().code);
        a = layout(spec.operands(), spec.a(), spec.rows(), spec.inner());
        b = layout(spec.operands(), spec.b(), spec.inner(), spec.columns());
        c = layout(spec.result(), spec.c(), spec.rows(), spec.columns());
    }

    /** A descriptor of the library. */
    private final class Part extends Handle {
        private final boolean isDesc;

        Part(long address, boolean isDesc) {
            super(address);
            this.isDesc = isDesc;
        }

        @Override
        void destroy(long address) {
            BlasLt.check(lib, isDesc ? lib.cublasLtMatmulDescDestroy(address) : lib.cublasLtMatrixLayoutDestroy(address), "destroying a descriptor");
        }
    }

    private void set(int attribute, int value) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment segment = local.allocateFrom(ValueLayout.JAVA_INT, value);
            BlasLt.check(lib, lib.cublasLtMatmulDescSetAttribute(desc.address(), attribute, segment, Integer.BYTES),
                    "cublasLtMatmulDescSetAttribute " + attribute + " to " + value);
        }
    }

    /** A matrix of {@code op}'s rows and columns, as it lies in memory. */
    private Part layout(CudaElement element, MatmulSpec.Matrix m, long rows, long columns) {
        long inMemory = m.transposed() ? columns : rows;
        long across = m.transposed() ? rows : columns;
        Part layout = new Part(
                BlasLt.create(lib, "cublasLtMatrixLayoutCreate", out -> lib.cublasLtMatrixLayoutCreate(out, element.cuda, across, inMemory, m.leading())),
                false);
        if (spec.batch() > 1) {
            try (Arena local = Arena.ofConfined()) {
                MemorySegment count = local.allocateFrom(ValueLayout.JAVA_INT, spec.batch());
                MemorySegment stride = local.allocateFrom(ValueLayout.JAVA_LONG, m.batchStride());
                BlasLt.check(lib, lib.cublasLtMatrixLayoutSetAttribute(layout.address(), LAYOUT_BATCH_COUNT, count, Integer.BYTES),
                        "cublasLtMatrixLayoutSetAttribute of the batch");
                BlasLt.check(lib, lib.cublasLtMatrixLayoutSetAttribute(layout.address(), LAYOUT_BATCH_STRIDE, stride, Long.BYTES),
                        "cublasLtMatrixLayoutSetAttribute of the batch's stride");
            }
        }
        return layout;
    }

    /** Asks the library for ways to compute this; false if it has none. */
    boolean search(long handle, long workspaceBytes, int alignment) {
        this.handle = handle;
        long preference = BlasLt.create(lib, "cublasLtMatmulPreferenceCreate", lib::cublasLtMatmulPreferenceCreate);
        try (Arena local = Arena.ofConfined()) {
            prefer(preference, PREFERENCE_WORKSPACE_BYTES, local.allocateFrom(ValueLayout.JAVA_LONG, workspaceBytes));
            int reduction = spec.result() == CudaElement.F32 ? REDUCE_IN_ANY_WAY : REDUCE_IN_F32;
            prefer(preference, PREFERENCE_REDUCTION, local.allocateFrom(ValueLayout.JAVA_INT, reduction));
            for (int i = PREFERENCE_ALIGNMENT_A; i <= PREFERENCE_ALIGNMENT_D; i++) {
                prefer(preference, i, local.allocateFrom(ValueLayout.JAVA_INT, alignment));
            }
            MemorySegment count = local.allocate(ValueLayout.JAVA_INT);
            int status = lib.cublasLtMatmulAlgoGetHeuristic(
                    handle, desc.address(), b.address(), a.address(), c.address(), c.address(), preference, CANDIDATES, results, count);
            if (status != BlasLt.NOT_SUPPORTED) {
                BlasLt.check(lib, status, "cublasLtMatmulAlgoGetHeuristic of " + spec);
            }
            found = status == 0 ? count.get(ValueLayout.JAVA_INT, 0) : 0;
            return found > 0;
        } finally {
            BlasLt.check(lib, lib.cublasLtMatmulPreferenceDestroy(preference), "cublasLtMatmulPreferenceDestroy");
        }
    }

    private void prefer(long preference, int attribute, MemorySegment value) {
        BlasLt.check(lib, lib.cublasLtMatmulPreferenceSetAttribute(preference, attribute, value, value.byteSize()),
                "cublasLtMatmulPreferenceSetAttribute " + attribute);
    }

    /** What it computes. */
    public MatmulSpec spec() {
        return spec;
    }

    /** Ways to compute it that the library offers; it holds the first for the fastest. */
    public int algorithms() {
        return found;
    }

    /** Takes algorithm {@code i} of {@link #algorithms} from now on; at first it is 0. */
    public void choose(int i) {
        if (i < 0 || i >= found) {
            throw new NativeException("cuBLASLt: algorithm " + i + " of " + spec + "; expected 0 to " + (found - 1));
        }
        chosen = i;
    }

    /** Memory that the chosen algorithm needs besides. */
    public long workspaceBytes() {
        return results.get(ValueLayout.JAVA_LONG, chosen * RESULT_BYTES + RESULT_WORKSPACE);
    }

    /** Where the bias lies on the card; before the first run of a spec that has one. */
    public void bias(long pointer) {
        bias.set(ValueLayout.JAVA_LONG, 0, pointer);
        BlasLt.check(lib, lib.cublasLtMatmulDescSetAttribute(desc.address(), DESC_BIAS_POINTER, bias, Long.BYTES),
                "cublasLtMatmulDescSetAttribute of the bias");
    }

    /**
     * Queues the product. {@code c} may be {@code d}; with {@code beta} 0 it is not read.
     *
     * @param workspace {@link #workspaceBytes} on the card, used by nobody else meanwhile
     */
    public void run(CudaStream stream, float alpha, long pointerA, long pointerB, float beta, long pointerC, long pointerD, long workspace) {
        scalars.setAtIndex(ValueLayout.JAVA_FLOAT, 0, alpha);
        scalars.setAtIndex(ValueLayout.JAVA_FLOAT, 1, beta);
        int status = lib.cublasLtMatmul(
                handle, desc.address(), scalars, pointerB, b.address(), pointerA, a.address(), scalars.asSlice(Float.BYTES), pointerC, c.address(),
                pointerD, c.address(), results.asSlice(chosen * RESULT_BYTES), workspace, workspaceBytes(),
                stream.queueing(CudaStream.Work.KERNEL));
        if (status != 0) {
            BlasLt.check(lib, status, "cublasLtMatmul of " + spec);
        }
    }

    @Override
    public void close() {
        c.close();
        b.close();
        a.close();
        desc.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
