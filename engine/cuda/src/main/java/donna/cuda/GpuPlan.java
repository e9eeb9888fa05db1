package donna.cuda;

import donna.backend.Stream;
import donna.backend.plan.Bindings;
import donna.ffi.CudaGraph;
import donna.ffi.CudaGraphExec;
import donna.ffi.CudaStream;
import donna.ffi.DeviceMemory;
import donna.ffi.NativeException;
import donna.graph.Graph;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Steps over slots. The first run with a set of addresses queues the steps one by one; the second captures them into a CUDA graph, which further runs with
 * those addresses launch as a whole. The branches are side by side in the graph, after what comes before them all.
 */
final class GpuPlan implements TimedPlan {
    /** Every tensor that is bound begins at a multiple of this: what wide loads need. */
    static final long BOUND_ALIGNMENT = 16;

    /** Sets of addresses that have a graph of their own; a plan that is bound to ever new tensors begins anew. */
    private static final int MOST_GRAPHS = 64;

    /** A step and what it belongs to. */
    record Line(String node, String kind, Step step) {}

    /**
     * What a plan is made of.
     *
     * @param common what comes before all branches
     * @param branches what needs nothing of each other; at least one
     * @param written names of the outputs, and of the variables that a run changes
     */
    record Parts(List<Line> common, List<List<Line>> branches, Map<String, Slot> bound, Set<String> written, long scratchBytes, Arena arena) {
        /** In an order in which they can run. */
        List<Line> lines() {
            List<Line> all = new ArrayList<>(common);
            branches.forEach(all::addAll);
            return all;
        }
    }

    private final GpuDevice device;
    private final Graph graph;
    private final Parts parts;
    private final Bindings bindings;
    private final List<Line> lines;
    private final Map<String, GpuBuffer> buffers = new HashMap<>();
    private final Map<GpuBuffer, Names> users = new LinkedHashMap<>();
    private final Map<Slot, Integer> positions = new HashMap<>();
    private final long[] pointers;
    private final Map<Addresses, Launchable> graphs = new HashMap<>();
    private final Set<GpuStream> streams = new LinkedHashSet<>();
    private boolean closed;

    /** Where the bound tensors and the scratch memory lie. */
    private record Addresses(long[] bound, long scratch) {
        @Override
        public boolean equals(Object o) {
            return o instanceof Addresses a && a.scratch == scratch && Arrays.equals(a.bound, bound);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(bound) + Long.hashCode(scratch);
        }
    }

    /** How many names are bound to a buffer, and how many of those a run writes. */
    private static final class Names {
        private int all;
        private int written;
    }

    /** What runs with one set of addresses: the steps' tables, and, once it is captured, a graph. */
    private static final class Launchable {
        private final Optional<DeviceMemory> tables;
        private CudaGraphExec exec;

        Launchable(Optional<DeviceMemory> tables) {
            this.tables = tables;
        }
    }

    GpuPlan(GpuDevice device, Graph graph, Parts parts) {
        this.device = device;
        this.graph = graph;
        this.parts = parts;
        this.bindings = Bindings.of(graph);
        this.lines = parts.lines();
        this.pointers = new long[parts.bound.size()];
        parts.bound.values().forEach(s -> positions.put(s, positions.size()));
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
        count(name, b, 1);
        GpuBuffer before = buffers.put(name, b);
        if (before != null) {
            count(name, before, -1);
        }
        Slot s = parts.bound.get(name);
        if (s != null) {
            pointers[positions.get(s)] = b.pointer() + tensor.offset();
        }
    }

    private void count(String name, GpuBuffer b, int change) {
        Names names = users.computeIfAbsent(b, k -> new Names());
        names.all += change;
        names.written += parts.written.contains(name) ? change : 0;
        if (names.all == 0) {
            users.remove(b);
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
        if (users.keySet().stream().anyMatch(b -> !b.isOpen())) {
            throw new DonnaException.Closed("run: a bound tensor's buffer was closed; bind an open one");
        }
        device.run(() -> {
            synchronized (device.order()) {
                queue(stream);
            }
        });
    }

    private void queue(GpuStream stream) {
        long scratch = stream.scratch(parts.scratchBytes);
        users.forEach((b, names) -> b.uses().before(stream, names.written > 0));
        // Beside other branches, blocks that wait take the room of others: measured on an H100, a chain of kernels gained 4 %, four branches lost 6 %.
        stream.queue().overlapKernels(parts.branches.size() == 1 && device.overlapsKernels());
        Addresses now = new Addresses(pointers.clone(), scratch);
        Launchable known = graphs.get(now);
        if (known == null) {
            if (graphs.size() == MOST_GRAPHS) {
                forgetGraphs();
            }
            graphs.put(now, prepare(scratch));
            queue(lines, stream.queue());
        } else {
            if (known.exec == null) {
                move(scratch, known);
                known.exec = capture(stream);
            }
            stream.queue().launch(known.exec);
        }
        long run = stream.queued();
        streams.add(stream);
        users.forEach((b, names) -> b.uses().after(stream, run, names.written > 0));
    }

    @Override
    public List<StepTime> times(Stream on, int runs) {
        Runnable occupy = () -> {
            run(on);
            run(on);
        };
        occupy.run();
        on.synchronize();
        return device.call(() -> {
            GpuStream stream = (GpuStream) on;
            long scratch = stream.scratch(parts.scratchBytes);
            move(scratch, graphs.get(new Addresses(pointers.clone(), scratch)));
            try (StepClock clock = new StepClock(device.context(), lines.size())) {
                double[] all = clock.microseconds(stream.queue(), lines.stream().map(Line::step).toList(), runs, occupy);
                List<StepTime> times = new ArrayList<>();
                for (Line l : lines) {
                    times.add(new StepTime(
                            l.node, l.kind, l.step.implementation(), all[times.size()], l.step.operandBytes(), l.step.flops(), l.step.sizes()));
                }
                return times;
            }
        });
    }

    private static void queue(List<Line> lines, CudaStream on) {
        lines.forEach(l -> l.step.run(on));
    }

    /** Tells the steps where their slots are, and writes their tables. */
    private Launchable prepare(long scratch) {
        long bytes = lines.stream().mapToLong(l -> l.step.tableBytes()).sum();
        Launchable fresh = new Launchable(bytes == 0 ? Optional.empty() : Optional.of(device.context().allocate(bytes)));
        device.count(bytes);
        move(scratch, fresh);
        fresh.tables.ifPresent(tables -> {
            try (Arena local = Arena.ofConfined()) {
                MemorySegment all = local.allocate(bytes, Long.BYTES);
                long at = 0;
                for (Line l : lines) {
                    l.step.writeTable(all.asSlice(at, l.step.tableBytes()));
                    at += l.step.tableBytes();
                }
                device.staging().upload(tables.pointer(), all);
            }
        });
        return fresh;
    }

    /** Tells the steps where their slots and tables are. */
    private void move(long scratch, Launchable launchable) {
        long table = launchable.tables.map(DeviceMemory::pointer).orElse(0L);
        for (Line l : lines) {
            List<Slot> slots = l.step.slots();
            long[] at = new long[slots.size()];
            for (int i = 0; i < at.length; i++) {
                at[i] = slots.get(i).inScratch() ? scratch + slots.get(i).offset() : pointers[positions.get(slots.get(i))];
            }
            l.step.moved(at);
            l.step.tableAt(table);
            table += l.step.tableBytes();
        }
    }

    private CudaGraphExec capture(GpuStream stream) {
        stream.lanes().open(parts.branches.size());
        stream.queue().beginCapture();
        try {
            queue(parts.common, stream.queue());
            stream.lanes().fork(stream.queue(), parts.branches.stream().<Consumer<CudaStream>>map(b -> on -> queue(b, on)).toList());
        } catch (RuntimeException e) {
            abandon(stream, e);
            throw e;
        }
        try (CudaGraph captured = stream.queue().endCapture()) {
            return captured.instantiate();
        }
    }

    /** Ends a capture that failed, perhaps with branches that nothing joined. */
    private static void abandon(GpuStream stream, RuntimeException why) {
        try {
            stream.queue().endCapture().close();
        } catch (NativeException e) {
            why.addSuppressed(e);
        }
    }

    private void forgetGraphs() {
        streams.forEach(GpuStream::await);
        graphs.values().stream().filter(l -> l.exec != null).forEach(l -> l.exec.close());
        graphs.values().forEach(l -> l.tables.ifPresent(tables -> {
            device.count(-tables.bytes());
            tables.close();
        }));
        graphs.clear();
    }

    @Override
    public long scratchBytes() {
        return parts.scratchBytes;
    }

    @Override
    public String describe() {
        StringBuilder out = new StringBuilder();
        for (Line l : lines) {
            out.append(l.kind).append(" '").append(l.node).append("': ").append(l.step.implementation());
            for (Slot s : l.step.slots()) {
                out.append(", ").append(s.order() == Order.CHANNELS_LAST ? "channels last " : "").append(s.bytes()).append(" bytes");
                s.bound().ifPresent(name -> out.append(" of '").append(name).append('\''));
            }
            out.append('\n');
        }
        if (parts.branches.size() > 1) {
            out.append("branches side by side: ").append(parts.branches.stream().map(List::size).toList()).append(" steps\n");
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
            device.release(() -> {
                forgetGraphs();
                lines.forEach(l -> l.step.close());
            });
            parts.arena.close();
        }
    }
}
