package donna.cuda;

import donna.ffi.CudaContext;
import donna.ffi.CudaEvent;
import donna.ffi.CudaStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Streams beside a stream on which the branches of a graph are written down while it is captured. The context is current. */
final class Lanes implements AutoCloseable {
    private final CudaContext context;
    private final CudaEvent forked;
    private final List<CudaStream> streams = new ArrayList<>();
    private final List<CudaEvent> joined = new ArrayList<>();

    Lanes(CudaContext context) {
        this.context = context;
        this.forked = context.event();
    }

    /** Makes streams for {@code branches} of them: while a stream is captured nothing is made. */
    void open(int branches) {
        while (streams.size() < branches - 1) {
            streams.add(context.stream());
            joined.add(context.event());
        }
    }

    /** Queues each branch on a stream of its own, all after what {@code origin} has queued; what that queues next comes after all of them. */
    void fork(CudaStream origin, List<Consumer<CudaStream>> branches) {
        origin.record(forked);
        for (int i = 1; i < branches.size(); i++) {
            CudaStream lane = streams.get(i - 1);
            lane.waitFor(forked);
            branches.get(i).accept(lane);
            lane.record(joined.get(i - 1));
        }
        branches.getFirst().accept(origin);
        for (int i = 1; i < branches.size(); i++) {
            origin.waitFor(joined.get(i - 1));
        }
    }

    @Override
    public void close() {
        streams.forEach(CudaStream::close);
        joined.forEach(CudaEvent::close);
        forked.close();
    }
}
