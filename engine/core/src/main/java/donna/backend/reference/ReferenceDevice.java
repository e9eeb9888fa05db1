package donna.backend.reference;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.graph.Graph;
import donna.tensor.Buffer;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Host memory and the calling thread. */
final class ReferenceDevice implements Device {
    private final AtomicLong bytesInUse = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean();

    @Override
    public String name() {
        return "reference (plain Java)";
    }

    @Override
    public Layout preferredLayout() {
        return Layout.PLAIN;
    }

    @Override
    public int concurrency() {
        return Runtime.getRuntime().availableProcessors();
    }

    @Override
    public Buffer allocate(long bytes) {
        checkOpen();
        return new HostBuffer(this, bytes);
    }

    @Override
    public Stream openStream() {
        checkOpen();
        return new ReferenceStream(this);
    }

    @Override
    public Plan compile(Graph graph) {
        checkOpen();
        return new ReferencePlan(this, graph);
    }

    @Override
    public Device inSinglePrecision() {
        checkOpen();
        return new ReferenceDevice();
    }

    @Override
    public long bytesInUse() {
        return bytesInUse.get();
    }

    void count(long bytes) {
        bytesInUse.addAndGet(bytes);
    }

    private void checkOpen() {
        if (closed.get()) {
            throw new DonnaException.Closed("the reference device is closed; open another one");
        }
    }

    @Override
    public void close() {
        closed.set(true);
    }
}
