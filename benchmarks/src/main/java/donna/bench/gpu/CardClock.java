package donna.bench.gpu;

import donna.ffi.CudaContext;
import donna.ffi.CudaEvent;
import donna.ffi.CudaStream;
import java.util.Arrays;

/** Measures on the card what is queued on a stream of its own. Owner: closes it before the context. One thread. */
final class CardClock implements AutoCloseable {
    private final CudaStream stream;
    private final CudaEvent start;
    private final CudaEvent end;

    CardClock(CudaContext context) {
        stream = context.stream();
        start = context.timingEvent();
        end = context.timingEvent();
    }

    CudaStream stream() {
        return stream;
    }

    /** The median of {@code runs}, after one. */
    double milliseconds(int runs, Runnable queued) {
        double[] times = new double[runs];
        queued.run();
        for (int i = 0; i < runs; i++) {
            stream.record(start);
            queued.run();
            stream.record(end);
            end.synchronize();
            times[i] = end.millisecondsSince(start);
        }
        Arrays.sort(times);
        return times[runs / 2];
    }

    @Override
    public void close() {
        end.close();
        start.close();
        stream.close();
    }
}
