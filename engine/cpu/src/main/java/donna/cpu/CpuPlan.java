package donna.cpu;

import donna.backend.Stream;
import donna.backend.plan.Bindings;
import donna.cpu.kernel.Lanes;
import donna.ffi.NativeException;
import donna.graph.Graph;
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Steps over slots. Places are looked up when they move, not when the plan runs. */
final class CpuPlan implements ProfiledPlan {
    /**
     * What a plan is made of.
     *
     * @param constantSteps run only when the variables they read have changed; their results stay in memory of the plan's own
     * @param changed names of the tensors that a run writes
     */
    record Parts(
            List<Step> steps,
            List<Step> constantSteps,
            List<Slot> slots,
            List<Slot> constantSlots,
            Map<String, Slot> bound,
            List<String> changed,
            long scratchBytes,
            Arena arena) {}

    private final CpuDevice device;
    private final Graph graph;
    private final Parts parts;
    private final Bindings bindings;
    private final Step[] steps;
    private final OwnedMemory constants;
    private final Map<String, Tensor> tensors = new HashMap<>();
    private final Set<Step> stale = new LinkedHashSet<>();
    private CpuBuffer[] open = new CpuBuffer[0];
    private CpuBuffer[] changing = new CpuBuffer[0];
    private CpuBuffer[] read = new CpuBuffer[0];
    private long version = -1;
    private boolean rebound = true;
    private CpuStream stream;
    private int generation = -1;
    private boolean closed;

    CpuPlan(CpuDevice device, Graph graph, Parts parts) {
        this.device = device;
        this.graph = graph;
        this.parts = parts;
        this.bindings = Bindings.of(graph);
        this.steps = parts.steps.toArray(Step[]::new);
        long bytes = 0;
        for (Slot s : parts.constantSlots) {
            s.place(bytes);
            bytes += (s.bytes() + CpuDevice.ALIGNMENT - 1) / CpuDevice.ALIGNMENT * CpuDevice.ALIGNMENT;
        }
        this.constants = new OwnedMemory(device, bytes);
        parts.constantSlots.forEach(s -> s.moveTo(constants.segment().asSlice(s.offset(), s.bytes())));
        stale.addAll(parts.steps);
        stale.addAll(parts.constantSteps);
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public void bind(String name, Tensor tensor) {
        requireOpen();
        if (tensors.get(name) == tensor) {
            return;
        }
        TensorSpec wanted = bindings.require(name, tensor);
        if (!(tensor.buffer() instanceof CpuBuffer b) || b.device() != device) {
            throw new DonnaException.InvalidInput("bind '" + name + "': the tensor lives on another device; allocate it with " + device.name());
        }
        if (wanted.layout().block() > 1 && tensor.offset() % Lanes.BYTES != 0) {
            throw new DonnaException.InvalidInput("bind '" + name + "': a blocked tensor at byte " + tensor.offset()
                    + " of its buffer; expected a multiple of the " + Lanes.BYTES + " of a vector");
        }
        tensors.put(name, tensor);
        rebound = true;
        Slot s = parts.bound.get(name);
        if (s != null) {
            s.moveInto(b, tensor.offset());
            stale.addAll(s.users());
        }
    }

    @Override
    public void run(Stream on) {
        prepare(on);
        try {
            for (Step s : steps) {
                s.run(stream);
            }
            for (CpuBuffer b : changing) {
                b.changed();
            }
        } catch (NativeException e) {
            throw new DonnaException.NativeFailure(e.getMessage(), e);
        }
    }

    private void collectBuffers() {
        open = tensors.values().stream().map(t -> (CpuBuffer) t.buffer()).toArray(CpuBuffer[]::new);
        changing = parts.changed.stream().map(this::buffer).toArray(CpuBuffer[]::new);
        read = parts.constantSteps.stream()
                .flatMap(s -> s.slots().stream())
                .flatMap(s -> s.bound().stream())
                .map(this::buffer)
                .toArray(CpuBuffer[]::new);
        version = -1;
    }

    private CpuBuffer buffer(String name) {
        return (CpuBuffer) tensors.get(name).buffer();
    }

    private void prepare(Stream on) {
        requireOpen();
        if (!(on instanceof CpuStream s) || s.device() != device) {
            throw new DonnaException.InvalidInput("run: the stream belongs to another device; open one on " + device.name());
        }
        bindings.requireAll(tensors.keySet());
        if (rebound) {
            rebound = false;
            collectBuffers();
        }
        for (CpuBuffer b : open) {
            if (!b.isOpen()) {
                throw new DonnaException.Closed("run: a bound tensor's buffer was closed; bind an open one");
            }
        }
        s.enter(parts.scratchBytes);
        if (s != stream || s.generation() != generation) {
            stream = s;
            generation = s.generation();
            for (Slot slot : parts.slots) {
                slot.moveTo(s.scratch().asSlice(slot.offset(), slot.bytes()));
                stale.addAll(slot.users());
            }
        }
        if (!stale.isEmpty()) {
            stale.forEach(Step::rebind);
            stale.clear();
        }
        long now = 0;
        for (CpuBuffer b : read) {
            now += b.version();
        }
        if (now != version) {
            version = now;
            parts.constantSteps.forEach(c -> c.run(stream));
        }
    }

    @Override
    public long scratchBytes() {
        return parts.scratchBytes;
    }

    @Override
    public String describe() {
        StringBuilder out = new StringBuilder();
        parts.constantSteps.forEach(s -> describe(s, "once ", out));
        parts.steps.forEach(s -> describe(s, "", out));
        return out.append("scratch ").append(parts.scratchBytes).append(" bytes, constants ").append(constants.segment().byteSize()).append(" bytes\n")
                .toString();
    }

    private static void describe(Step s, String when, StringBuilder out) {
        out.append(String.format("%-28s %-24s %-28s", s.node(), when + s.kind(), s.implementation()));
        for (Slot slot : s.slots()) {
            out.append(' ').append(slot.bound().orElse("+" + slot.offset())).append(':').append(slot.bytes());
            out.append(slot.block() > 1 ? "c" + slot.block() : "");
        }
        out.append('\n');
    }

    @Override
    public String profile(Stream on, int runs) {
        long[] best = new long[steps.length];
        Arrays.fill(best, Long.MAX_VALUE);
        for (int r = 0; r < runs; r++) {
            prepare(on);
            for (int i = 0; i < steps.length; i++) {
                long start = System.nanoTime();
                steps[i].run(stream);
                best[i] = Math.min(best[i], System.nanoTime() - start);
            }
        }
        Map<String, long[]> kinds = new TreeMap<>();
        long total = 0;
        for (int i = 0; i < steps.length; i++) {
            String kind = String.format("%-26s %-28s", steps[i].kind(), steps[i].implementation());
            long[] sum = kinds.computeIfAbsent(kind, k -> new long[2]);
            sum[0] += best[i];
            sum[1]++;
            total += best[i];
        }
        List<Map.Entry<String, long[]>> rows = new ArrayList<>(kinds.entrySet());
        rows.sort((a, b) -> Long.compare(b.getValue()[0], a.getValue()[0]));
        StringBuilder out = new StringBuilder();
        for (Map.Entry<String, long[]> row : rows) {
            out.append(String.format("%s %10.1f us, %d steps%n", row.getKey(), row.getValue()[0] / 1e3, row.getValue()[1]));
        }
        return out.append(String.format("total %.1f us%n", total / 1e3)).toString();
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
            parts.steps.forEach(Step::close);
            parts.constantSteps.forEach(Step::close);
            constants.close();
            parts.arena.close();
        }
    }
}
