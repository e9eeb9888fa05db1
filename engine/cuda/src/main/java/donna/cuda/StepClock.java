package donna.cuda;

import donna.ffi.CudaContext;
import donna.ffi.CudaEvent;
import donna.ffi.CudaStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Measures steps on the card with an event between each and the next. The context is current. */
final class StepClock implements AutoCloseable {
    private final List<CudaEvent> events = new ArrayList<>();

    /** For {@code steps} of them. */
    StepClock(CudaContext context, int steps) {
        for (int i = 0; i <= steps; i++) {
            events.add(context.timingEvent());
        }
    }

    /**
     * The median of each step's microseconds.
     *
     * @param occupy queues work that keeps the card busy while the steps are queued, so that it never waits for the host between two of them
     */
    double[] microseconds(CudaStream on, List<Step> steps, int runs, Runnable occupy) {
        double[][] all = new double[steps.size()][runs];
        for (int r = 0; r < runs; r++) {
            occupy.run();
            on.record(events.getFirst());
            for (int i = 0; i < steps.size(); i++) {
                steps.get(i).run(on);
                on.record(events.get(i + 1));
            }
            events.getLast().synchronize();
            for (int i = 0; i < steps.size(); i++) {
                all[i][r] = 1e3 * events.get(i + 1).millisecondsSince(events.get(i));
            }
        }
        return Arrays.stream(all).mapToDouble(StepClock::median).toArray();
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    @Override
    public void close() {
        events.forEach(CudaEvent::close);
    }
}
