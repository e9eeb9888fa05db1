package donna.backend;

import donna.graph.Graph;
import donna.tensor.Buffer;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;

/**
 * One processor with its memory. Thread-safe. Lifetimes nest: Device &gt; Stream, Plan &gt; Buffer &gt; view; a device
 * is closed last, by who opened it.
 */
public interface Device extends AutoCloseable {
    /** For messages and results: {@code cpu (oneDNN 3.8.1, avx512_core)}. */
    String name();

    /** What it is, wherever it is plugged in: devices of one kind give the same bits. */
    default String kind() {
        return name();
    }

    /** Order of {@code [N, C, H, W]} tensors that costs no conversion at a plan's border. */
    Layout preferredLayout();

    /** Worker threads (streams) that are worth having: cores on a CPU. */
    int concurrency();

    /**
     * Independent networks that are best compiled into one graph, whose plan runs them side by side: several where one network leaves the device idle, and one
     * on a CPU, where each thread has a network of its own. Where it is several, {@link Plan#run} returns before the work is done.
     */
    default int membersAtOnce() {
        return 1;
    }

    /**
     * Whether gradients of activations are stored in so few bits of exponent that small ones become zero: trainings then multiply the loss by a number that
     * follows the gradients, {@link donna.graph.Op.LossScaleUpdate}.
     */
    default boolean wantsScaledLoss() {
        return false;
    }

    /**
     * Zero-filled memory; the caller closes it.
     *
     * @throws DonnaException.OutOfMemory if a device with memory of its own has not that much
     */
    Buffer allocate(long bytes);

    /** A zero-filled tensor that owns its buffer. */
    default Tensor tensor(TensorSpec spec) {
        return Tensor.owning(spec, allocate(spec.bytes()));
    }

    /** A new order of work; the caller closes it. */
    Stream openStream();

    /** Compiles a graph; the caller closes the plan. */
    Plan compile(Graph graph);

    /** A new device on the same processor that computes in single precision, as other programs do that results are held against; the caller closes it. */
    Device inSinglePrecision();

    /** Bytes in open buffers, plans and streams; 0 when everything was closed. */
    long bytesInUse();

    @Override
    void close();
}
