package donna.jcuda;

import donna.ffi.CublasLt;
import donna.jcuda.Handles.Address;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jcuda.driver.CUstream;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.runtime.cudaStream_t;

/**
 * {@link CublasLt} over {@link JCublas2}, which has no cuBLASLt: descriptors are kept here, and a product is one {@code cublasGemmEx}, or
 * {@code cublasGemmStridedBatchedEx}. What those cannot do, an epilogue or a D apart from C, answers {@code CUBLAS_STATUS_NOT_SUPPORTED}.
 */
final class JcudaBlas implements CublasLt {
    private static final int INVALID_VALUE = 7;
    private static final int NOT_SUPPORTED = 15;
    private static final int TRANSPOSE_A = 3;
    private static final int TRANSPOSE_B = 4;
    private static final int EPILOGUE = 7;
    private static final int EPILOGUE_DEFAULT = 1;
    private static final int TYPE = 0;
    private static final int ROWS = 2;
    private static final int COLUMNS = 3;
    private static final int LEADING = 4;
    private static final int BATCH_COUNT = 5;
    private static final int BATCH_STRIDE = 6;
    private static final int COMPUTE_TYPE = 0;
    private static final int DEFAULT_ALGORITHM = -1;

    private final Handles handles;

    /** A descriptor: its attributes by number. */
    private record Attributes(Map<Integer, Long> values) {
        Attributes() {
            this(new ConcurrentHashMap<>());
        }

        Attributes with(int attribute, long value) {
            values.put(attribute, value);
            return this;
        }

        long value(int attribute, long otherwise) {
            return values.getOrDefault(attribute, otherwise);
        }

        int number(int attribute) {
            return Math.toIntExact(value(attribute, 0));
        }
    }

    /** {@code loaded}: JCuda's class, which is initialized. */
    JcudaBlas(Handles handles, Class<?> loaded) {
        assert loaded == JCublas2.class;
        this.handles = handles;
        JCublas2.setExceptionsEnabled(false);
    }

    @Override
    public long cublasLtGetVersion() {
        int[] part = new int[1];
        long version = 0;
        for (int property = 0; property < 3; property++) {
            JCublas2.cublasGetProperty(property, part);
            version = version * 100 + part[0];
        }
        return version;
    }

    @Override
    public MemorySegment cublasLtGetStatusString(int status) {
        return handles.text(JCublas2.cublasGetStatusString(status));
    }

    @Override
    public int cublasLtCreate(MemorySegment handle) {
        cublasHandle made = new cublasHandle();
        return handles.put(JCublas2.cublasCreate(made), handle, made);
    }

    @Override
    public int cublasLtDestroy(long handle) {
        return handles.drop(JCublas2.cublasDestroy(handles.of(handle, cublasHandle.class)), handle);
    }

    @Override
    public int cublasLtMatmulDescCreate(MemorySegment desc, int computeType, int scaleType) {
        return handles.put(0, desc, new Attributes().with(COMPUTE_TYPE, computeType));
    }

    @Override
    public int cublasLtMatmulDescDestroy(long desc) {
        return handles.drop(0, desc);
    }

    @Override
    public int cublasLtMatmulDescSetAttribute(long desc, int attribute, MemorySegment value, long bytes) {
        return set(desc, attribute, value, bytes);
    }

    @Override
    public int cublasLtMatmulDescGetAttribute(long desc, int attribute, MemorySegment value, long bytes, MemorySegment written) {
        return get(desc, attribute, value, bytes, written);
    }

    @Override
    public int cublasLtMatrixLayoutCreate(MemorySegment layout, int type, long rows, long columns, long leading) {
        return handles.put(0, layout, new Attributes().with(TYPE, type).with(ROWS, rows).with(COLUMNS, columns).with(LEADING, leading));
    }

    @Override
    public int cublasLtMatrixLayoutDestroy(long layout) {
        return handles.drop(0, layout);
    }

    @Override
    public int cublasLtMatrixLayoutSetAttribute(long layout, int attribute, MemorySegment value, long bytes) {
        return set(layout, attribute, value, bytes);
    }

    @Override
    public int cublasLtMatrixLayoutGetAttribute(long layout, int attribute, MemorySegment value, long bytes, MemorySegment written) {
        return get(layout, attribute, value, bytes, written);
    }

    @Override
    public int cublasLtMatmulPreferenceCreate(MemorySegment preference) {
        return handles.put(0, preference, new Attributes());
    }

    @Override
    public int cublasLtMatmulPreferenceDestroy(long preference) {
        return handles.drop(0, preference);
    }

    @Override
    public int cublasLtMatmulPreferenceSetAttribute(long preference, int attribute, MemorySegment value, long bytes) {
        return set(preference, attribute, value, bytes);
    }

    private int set(long descriptor, int attribute, MemorySegment value, long bytes) {
        if (bytes != Integer.BYTES && bytes != Long.BYTES) {
            return INVALID_VALUE;
        }
        long number = bytes == Integer.BYTES ? value.get(ValueLayout.JAVA_INT, 0) : value.get(ValueLayout.JAVA_LONG, 0);
        handles.of(descriptor, Attributes.class).with(attribute, number);
        return 0;
    }

    private int get(long descriptor, int attribute, MemorySegment value, long bytes, MemorySegment written) {
        long number = handles.of(descriptor, Attributes.class).value(attribute, 0);
        if (bytes == Integer.BYTES) {
            value.set(ValueLayout.JAVA_INT, 0, (int) number);
        } else if (bytes == Long.BYTES) {
            value.set(ValueLayout.JAVA_LONG, 0, number);
        } else {
            return INVALID_VALUE;
        }
        written.set(ValueLayout.JAVA_LONG, 0, bytes);
        return 0;
    }

    /** One way, which needs no workspace of the caller's. */
    @Override
    public int cublasLtMatmulAlgoGetHeuristic(
            long handle, long desc, long a, long b, long c, long d, long preference, int requested, MemorySegment results, MemorySegment returned) {
        boolean can = requested > 0 && handles.of(desc, Attributes.class).value(EPILOGUE, EPILOGUE_DEFAULT) == EPILOGUE_DEFAULT;
        returned.set(ValueLayout.JAVA_INT, 0, can ? 1 : 0);
        return can ? 0 : NOT_SUPPORTED;
    }

    @Override
    public int cublasLtMatmul(
            long handle, long desc, MemorySegment alpha, long a, long aLayout, long b, long bLayout, MemorySegment beta, long c, long cLayout,
            long d, long dLayout, MemorySegment algorithm, long workspace, long workspaceBytes, long stream) {
        Attributes op = handles.of(desc, Attributes.class);
        boolean reads = beta.get(ValueLayout.JAVA_FLOAT, 0) != 0;
        if (op.value(EPILOGUE, EPILOGUE_DEFAULT) != EPILOGUE_DEFAULT || reads && c != d) {
            return NOT_SUPPORTED;
        }
        Attributes first = handles.of(aLayout, Attributes.class);
        Attributes second = handles.of(bLayout, Attributes.class);
        Attributes result = handles.of(dLayout, Attributes.class);
        cublasHandle blas = handles.of(handle, cublasHandle.class);
        CUstream queue = handles.of(stream, CUstream.class);
        int status = JCublas2.cublasSetStream(blas, queue == null ? null : new cudaStream_t(queue));
        if (status != 0) {
            return status;
        }
        int inner = first.number(op.number(TRANSPOSE_A) == 0 ? COLUMNS : ROWS);
        int batch = Math.toIntExact(result.value(BATCH_COUNT, 1));
        if (batch == 1) {
            return JCublas2.cublasGemmEx(
                    blas, op.number(TRANSPOSE_A), op.number(TRANSPOSE_B), result.number(ROWS), result.number(COLUMNS), inner, Handles.host(alpha),
                    new Address(a), first.number(TYPE), first.number(LEADING), new Address(b), second.number(TYPE), second.number(LEADING),
                    Handles.host(beta), new Address(d), result.number(TYPE), result.number(LEADING), op.number(COMPUTE_TYPE), DEFAULT_ALGORITHM);
        }
        return JCublas2.cublasGemmStridedBatchedEx(
                blas, op.number(TRANSPOSE_A), op.number(TRANSPOSE_B), result.number(ROWS), result.number(COLUMNS), inner, Handles.host(alpha),
                new Address(a), first.number(TYPE), first.number(LEADING), first.value(BATCH_STRIDE, 0), new Address(b), second.number(TYPE),
                second.number(LEADING), second.value(BATCH_STRIDE, 0), Handles.host(beta), new Address(d), result.number(TYPE),
                result.number(LEADING), result.value(BATCH_STRIDE, 0), batch, op.number(COMPUTE_TYPE), DEFAULT_ALGORITHM);
    }
}
