package donna.run;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Graph;
import donna.tensor.Buffer;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.Tensor;
import java.util.concurrent.locks.LockSupport;

/**
 * A device that wants other groups, has no memory for graphs of more networks with losses than {@code most}, from run {@code failing} of each on, and takes
 * {@code milliseconds} more for a run of any graph of networks with losses.
 */
record GroupingDevice(Device inner, int membersAtOnce, int most, int failing, int milliseconds) implements Device {
    static GroupingDevice of(Device inner, int membersAtOnce) {
        return without(inner, membersAtOnce, Integer.MAX_VALUE, 0);
    }

    static GroupingDevice without(Device inner, int membersAtOnce, int most, int failing) {
        return new GroupingDevice(inner, membersAtOnce, most, failing, 0);
    }

    static GroupingDevice slow(Device inner, int milliseconds) {
        return new GroupingDevice(inner, 32, Integer.MAX_VALUE, Integer.MAX_VALUE, milliseconds);
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public Layout preferredLayout() {
        return inner.preferredLayout();
    }

    @Override
    public int concurrency() {
        return inner.concurrency();
    }

    @Override
    public Buffer allocate(long bytes) {
        return inner.allocate(bytes);
    }

    @Override
    public Stream openStream() {
        return inner.openStream();
    }

    @Override
    public Plan compile(Graph graph) {
        Plan plan = inner.compile(graph);
        long losses = graph.outputs().keySet().stream().filter(name -> name.endsWith("loss")).count();
        return losses > most || losses > 0 && milliseconds > 0 ? new Limited(plan, failing, milliseconds) : plan;
    }

    @Override
    public Device inSinglePrecision() {
        return inner.inSinglePrecision();
    }

    @Override
    public long bytesInUse() {
        return inner.bytesInUse();
    }

    @Override
    public void close() {
        inner.close();
    }

    private static final class Limited implements Plan {
        private final Plan inner;
        private final int milliseconds;
        private int left;

        private Limited(Plan inner, int left, int milliseconds) {
            this.milliseconds = milliseconds;
            this.inner = inner;
            this.left = left;
        }

        @Override
        public Graph graph() {
            return inner.graph();
        }

        @Override
        public void bind(String name, Tensor tensor) {
            inner.bind(name, tensor);
        }

        @Override
        public void run(Stream stream) {
            if (left-- <= 0) {
                throw new DonnaException.OutOfMemory("no memory, for a test", null);
            }
            LockSupport.parkNanos(1_000_000L * milliseconds);
            inner.run(stream);
        }

        @Override
        public long scratchBytes() {
            return inner.scratchBytes();
        }

        @Override
        public String describe() {
            return inner.describe();
        }

        @Override
        public void close() {
            inner.close();
        }
    }
}
