package donna.cuda;

import donna.backend.Plan;
import donna.backend.Stream;
import donna.backend.plan.Bindings;
import donna.ffi.CudaGraph;
import donna.ffi.CudaGraphExec;
import donna.graph.Graph;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Steps over slots. The first run with a set of addresses queues the steps one by one; the second captures them into a CUDA graph, which further runs with
 * those addresses launch as a whole.
 */
final class GpuPlan implements Plan {
    /** Every tensor that is bound begins at a multiple of this: what wide loads need. */
    static final long BOUND_ALIGNMENT = 16;

    /** Sets of addresses that have a graph of their own; a plan that is bound to ever new tensors begins anew. */
    private static final int MOST_GRAPHS = 64;

    /** A step and what it belongs to. */
    record Line(String node, String kind, Step step) {}

    /**
     * What a plan is made of.
     *
     * @param written names of the outputs, and of the variables that a run changes
     */
    record Parts(List<Line> lines, Map<String, Slot> bound, Set<String> written, long scratchBytes, Arena arena) {}

    private final GpuDevice device;
    private final Graph graph;
    private final Parts parts;
    private final Bindings bindings;
    private final Map<String, GpuBuffer> buffers = new HashMap<>();
    private final Map<Slot, Long> pointers = new HashMap<>();
    private final Map<Addresses, Launchable> graphs = new HashMap<>();
    private final Set<GpuStream> streams = new LinkedHashSet<>();
    private boolean closed;

    /** Where the bound tensors and the scratch memory lie. */
    private record Addresses(long[] all) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Addresses a && Arrays.equals(a.all, all);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(all);
        }
    }

    /** What runs with one set of addresses: nothing captured yet, or a graph. */
    private static final class Launchable {
        private CudaGraphExec exec;
    }

    GpuPlan(GpuDevice device, Graph graph, Parts parts) {
        this.device = device;
        this.graph = graph;
        this.parts = parts;
        this.bindings = Bindings.of(graph);
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public void bind(String name, Tensor tensor) {
        requireOpen();
        bindings.require(name, tensor);
        if (!(tensor.buffer() instanceof GpuBuffer b) || b.device() != device) {
            throw new DonnaException.InvalidInput("bind '" + name + "': the tensor lives on another device; allocate it with " + device.name());
        }
        if (tensor.offset() % BOUND_ALIGNMENT != 0) {
            throw new DonnaException.InvalidInput("bind '" + name + "': the tensor begins at byte " + tensor.offset()
                    + " of its buffer; expected a multiple of " + BOUND_ALIGNMENT);
        }
        buffers.put(name, b);
        Slot s = parts.bound.get(name);
        if (s != null) {
            pointers.put(s, b.pointer() + tensor.offset());
        }
    }

    @Override
    public void run(Stream on) {
        requireOpen();
        if (!(on instanceof GpuStream stream) || stream.device() != device) {
            throw new DonnaException.InvalidInput("run: the stream belongs to another device; open one on " + device.name());
        }
        stream.requireOpen();
        bindings.requireAll(buffers.keySet());
        if (buffers.values().stream().anyMatch(b -> !b.isOpen())) {
            throw new DonnaException.Closed("run: a bound tensor's buffer was closed; bind an open one");
        }
        device.run(() -> queue(stream));
    }

    private void queue(GpuStream stream) {
        long scratch = stream.scratch(parts.scratchBytes);
        buffers.forEach((name, b) -> b.uses().before(stream, parts.written.contains(name)));
        Addresses now = addresses(scratch);
        Launchable known = graphs.get(now);
        if (known == null) {
            if (graphs.size() == MOST_GRAPHS) {
                forgetGraphs();
            }
            graphs.put(now, new Launchable());
            move(scratch);
            parts.lines.forEach(l -> l.step.run(stream.queue()));
        } else {
            if (known.exec == null) {
                move(scratch);
                known.exec = capture(stream);
            }
            stream.queue().launch(known.exec);
        }
        stream.queued();
        streams.add(stream);
        buffers.forEach((name, b) -> b.uses().after(stream, parts.written.contains(name)));
    }

    private Addresses addresses(long scratch) {
        long[] all = new long[parts.bound.size() + 1];
        int i = 0;
        for (Slot s : parts.bound.values()) {
            all[i++] = pointers.get(s);
        }
        all[i] = scratch;
        return new Addresses(all);
    }

    private void move(long scratch) {
        for (Line l : parts.lines) {
            List<Slot> slots = l.step.slots();
            long[] at = new long[slots.size()];
            for (int i = 0; i < at.length; i++) {
                at[i] = slots.get(i).inScratch() ? scratch + slots.get(i).offset() : pointers.get(slots.get(i));
            }
            l.step.moved(at);
        }
    }

    private CudaGraphExec capture(GpuStream stream) {
        stream.queue().beginCapture();
        try {
            parts.lines.forEach(l -> l.step.run(stream.queue()));
        } catch (RuntimeException e) {
            stream.queue().endCapture().close();
            throw e;
        }
        try (CudaGraph captured = stream.queue().endCapture()) {
            return captured.instantiate();
        }
    }

    private void forgetGraphs() {
        streams.forEach(GpuStream::await);
        graphs.values().stream().filter(l -> l.exec != null).forEach(l -> l.exec.close());
        graphs.clear();
    }

    @Override
    public long scratchBytes() {
        return parts.scratchBytes;
    }

    @Override
    public String describe() {
        StringBuilder out = new StringBuilder();
        for (Line l : parts.lines) {
            out.append(l.kind).append(" '").append(l.node).append("': ").append(l.step.implementation());
            for (Slot s : l.step.slots()) {
                out.append(", ").append(s.order() == Order.CHANNELS_LAST ? "channels last " : "").append(s.bytes()).append(" bytes");
                s.bound().ifPresent(name -> out.append(" of '").append(name).append('\''));
            }
            out.append('\n');
        }
        return out.append("scratch memory: ").append(parts.scratchBytes).append(" bytes\n").toString();
    }

    private void requireOpen() {
        if (closed) {
            throw new DonnaException.Closed("plan: used after close");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.run(() -> {
                forgetGraphs();
                parts.lines.forEach(l -> l.step.close());
            });
            parts.arena.close();
        }
    }
}
