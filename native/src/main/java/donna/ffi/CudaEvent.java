package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A point in a stream's work, set with {@link CudaStream#record}. Thread-safe; the caller closes it. */
public final class CudaEvent extends Handle {
    private final Cuda cuda;

    CudaEvent(Cuda cuda, long address) {
        super(address);
        this.cuda = cuda;
    }

    /** Waits until the stream has come to the point. */
    public void synchronize() {
        cuda.check(cuda.driver().cuEventSynchronize(address()), "cuEventSynchronize");
    }

    /** Whether the stream has come to the point. */
    public boolean happened() {
        int status = cuda.driver().cuEventQuery(address());
        if (status == Cuda.NOT_READY) {
            return false;
        }
        cuda.check(status, "cuEventQuery");
        return true;
    }

    /** The time from {@code start} to this one, about half a microsecond exact; both are of {@link CudaContext#timingEvent} and have happened. */
    public float millisecondsSince(CudaEvent start) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_FLOAT);
            cuda.check(cuda.driver().cuEventElapsedTime(out, start.address(), address()), "cuEventElapsedTime");
            return out.get(ValueLayout.JAVA_FLOAT, 0);
        }
    }

    @Override
    void destroy(long address) {
        cuda.check(cuda.driver().cuEventDestroy_v2(address), "cuEventDestroy");
    }
}
