package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A descriptor of cuDNN's graph API: attributes are set, then it is finalized, then others may refer to it. Closed by who made it. */
final class CudnnDescriptor extends Handle {
    /** {@code cudnnBackendDescriptorType_t}. */
    enum Kind {
        CONVOLUTION(1),
        ENGINE(2),
        ENGINE_CONFIG(3),
        ENGINE_HEURISTICS(4),
        EXECUTION_PLAN(5),
        CONVOLUTION_FORWARD(10),
        CONVOLUTION_BACKWARD_FILTER(11),
        CONVOLUTION_BACKWARD_DATA(12),
        OPERATION_GRAPH(15),
        VARIANT_PACK(16),
        TENSOR(17);

        final int code;

        Kind(int code) {
            this.code = code;
        }
    }

    /** {@code cudnnBackendAttributeType_t}. */
    static final int HANDLE = 0;

    static final int DATA_TYPE = 1;
    static final int INT64 = 3;
    static final int FLOAT = 4;
    static final int VOID_PTR = 6;
    static final int CONVOLUTION_MODE = 7;
    static final int HEURISTICS_MODE = 8;
    static final int NUMERICAL_NOTE = 11;
    static final int BACKEND_DESCRIPTOR = 15;

    private final Cudnn lib;
    private final String kind;

    CudnnDescriptor(Cudnn lib, Kind kind) {
        this(lib, kind.name(), kind.code);
    }

    /** Of a kind that only newer versions have. */
    CudnnDescriptor(Cudnn lib, String kind, int code) {
        super(Dnn.create(lib, "cudnnBackendCreateDescriptor " + kind, out -> lib.cudnnBackendCreateDescriptor(code, out)));
        this.lib = lib;
        this.kind = kind;
    }

    CudnnDescriptor longs(int name, int type, long... values) {
        try (Arena arena = Arena.ofConfined()) {
            return set(name, type, values.length, arena.allocateFrom(ValueLayout.JAVA_LONG, values));
        }
    }

    CudnnDescriptor number(int name, int type, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return set(name, type, 1, arena.allocateFrom(ValueLayout.JAVA_INT, value));
        }
    }

    CudnnDescriptor number(int name, float value) {
        try (Arena arena = Arena.ofConfined()) {
            return set(name, FLOAT, 1, arena.allocateFrom(ValueLayout.JAVA_FLOAT, value));
        }
    }

    CudnnDescriptor refer(int name, CudnnDescriptor other) {
        return longs(name, BACKEND_DESCRIPTOR, other.address());
    }

    /** {@code values} hold {@code count} elements of {@code type}. */
    CudnnDescriptor set(int name, int type, long count, MemorySegment values) {
        int status = lib.cudnnBackendSetAttribute(address(), name, type, count, values);
        if (status != 0) {
            Dnn.check(lib, status, "cudnnBackendSetAttribute " + name + " of " + kind);
        }
        return this;
    }

    CudnnDescriptor finish() {
        Dnn.check(lib, tryFinish(), "cudnnBackendFinalize of " + kind);
        return this;
    }

    /** The status of finalizing. */
    int tryFinish() {
        return lib.cudnnBackendFinalize(address());
    }

    long readLong(int name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
            get(name, INT64, 1, count, value);
            return value.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /** Values of an enum, at most {@code limit}. */
    List<Integer> readNumbers(int name, int type, int limit) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment values = arena.allocate(ValueLayout.JAVA_INT, limit);
            get(name, type, limit, count, values);
            List<Integer> read = new ArrayList<>();
            for (int i = 0; i < Math.min(limit, count.get(ValueLayout.JAVA_LONG, 0)); i++) {
                read.add(values.getAtIndex(ValueLayout.JAVA_INT, i));
            }
            return read;
        }
    }

    /** Lets the library fill {@code others}; returns how many it filled. */
    int fill(int name, List<CudnnDescriptor> others) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment values = arena.allocateFrom(ValueLayout.JAVA_LONG, others.stream().mapToLong(Handle::address).toArray());
            get(name, BACKEND_DESCRIPTOR, others.size(), count, values);
            return (int) Math.min(others.size(), count.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    private void get(int name, int type, long requested, MemorySegment count, MemorySegment values) {
        int status = lib.cudnnBackendGetAttribute(address(), name, type, requested, count, values);
        if (status != 0) {
            Dnn.check(lib, status, "cudnnBackendGetAttribute " + name + " of " + kind);
        }
    }

    @Override
    void destroy(long address) {
        Dnn.check(lib, lib.cudnnBackendDestroyDescriptor(address), "cudnnBackendDestroyDescriptor of " + kind);
    }
}
