package donna.cpu;

import donna.backend.plan.Packing;
import donna.ffi.DnnlElement;
import donna.ffi.MemoryDesc;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A plan in the making: where each value lives, in which layouts, and the steps so far. A value may live in several slots, one per layout: the first
 * is where its node writes it, the others are conversions made on demand. A slot may hold several values, one after another, where a step works in
 * place.
 */
final class PlanBuilder {
    /** Multiplications for each number that is rounded, from which on it pays; measured with AVX512-BF16. */
    private static final int WORTH_ROUNDING = 16;

    private final CpuDevice device;
    private final Arena arena = Arena.ofShared();
    private final List<Step> steps = new ArrayList<>();
    private final List<Step> constantSteps = new ArrayList<>();
    private final List<Slot> slots = new ArrayList<>();
    private final List<Slot> constantSlots = new ArrayList<>();
    private final Map<String, Slot> bound = new LinkedHashMap<>();
    private final Map<Value, List<Slot>> homes = new HashMap<>();
    private final Map<Value, Integer> remaining = new HashMap<>();
    private final Map<Value, Map<Object, Slot>> derived = new HashMap<>();
    private final Set<Value> changing = new HashSet<>();
    private boolean constant;
    private Node node;

    PlanBuilder(CpuDevice device, Graph graph) {
        this.device = device;
        for (Node n : graph.nodes()) {
            n.inputs().forEach(v -> remaining.merge(v, 1, Integer::sum));
            changing.addAll(changes(n));
        }
        graph.outputs().values().forEach(o -> remaining.merge(o.value(), 1, Integer::sum));
    }

    private static List<Value> changes(Node n) {
        return IntStream.of(Graph.changedInputs(n.op())).mapToObj(n::input).toList();
    }

    Primitives primitives() {
        return device.primitives();
    }

    /** What operands are rounded to, {@code numbers} of them for so many multiplications; single precision where that does not pay. */
    DnnlElement multiplied(long multiplications, long numbers) {
        return multiplications >= WORTH_ROUNDING * numbers ? device.multiplied() : DnnlElement.F32;
    }

    /** Steps that follow belong to {@code n}. */
    void at(Node n) {
        node = n;
    }

    /** Says that {@code n}'s steps are written: its inputs have one use less, and what it changes in place has changed. */
    void done(Node n) {
        changes(n).forEach(this::changed);
        for (Value v : n.inputs()) {
            remaining.merge(v, -1, Integer::sum);
            homes.get(v).forEach(s -> s.addPending(-1));
        }
    }

    /** Whether anything reads {@code v}. */
    boolean used(Value v) {
        return uses(v) > 0;
    }

    private int uses(Value v) {
        return remaining.getOrDefault(v, 0);
    }

    /** The slot of a tensor that the caller binds. */
    void leaf(Value v, String name) {
        TensorSpec spec = v.spec();
        if (spec.dtype() != DType.F32 && spec.dtype() != DType.I32) {
            throw new DonnaException.InvalidInput(
                    "cpu: '" + name + "' is " + spec + "; this backend works on F32, labels are I32; convert it, or use the reference backend");
        }
        requireKnown(name, spec.layout());
        Slot s = new Slot(spec.bytes(), DnnlElement.F32, spec.layout().block());
        s.bindTo(name);
        bound.put(name, s);
        home(v, s);
    }

    private static void requireKnown(String name, Layout layout) {
        if (layout.equals(Layout.CHANNELS_LAST)) {
            throw new DonnaException.InvalidInput("cpu: '" + name + "' is laid out " + layout
                    + "; this backend takes row-major tensors and channel blocks such as its preferredLayout()");
        }
    }

    private void home(Value v, Slot s) {
        homes.computeIfAbsent(v, k -> new ArrayList<>()).add(s);
        s.addPending(uses(v));
    }

    /** A new place for {@code v} in the given channel block. */
    Slot define(Value v, int block) {
        return define(v, DnnlElement.F32, block);
    }

    private Slot define(Value v, DnnlElement element, int block) {
        Slot s = temporary(bytes(v, element, block), element, block);
        home(v, s);
        return s;
    }

    private static long bytes(Value v, DnnlElement element, int block) {
        return new Layout(block).elements(v.shape()) * (element == DnnlElement.F32 ? Float.BYTES : Short.BYTES);
    }

    /** {@code v} is what {@code s} holds from the next step on. */
    Slot alias(Value v, Slot s) {
        home(v, s);
        return s;
    }

    /** Whether {@code v} lives in one scratch slot, in channel blocks of {@code block}. */
    boolean livesOnlyIn(Value v, int block) {
        List<Slot> all = homes.get(v);
        return all.size() == 1 && all.getFirst().inScratch() && all.getFirst().block() == block;
    }

    /** A new and only place for {@code v}, which the next step writes once more. */
    Slot moved(Value v, int block) {
        homes.put(v, new ArrayList<>());
        return define(v, block);
    }

    /** {@code v} lives nowhere: a step of several ops forms it and uses it. */
    void absent(Value v) {
        homes.put(v, new ArrayList<>());
    }

    /** Scratch memory for the steps that name it. */
    Slot temporary(long bytes, int block) {
        return temporary(bytes, DnnlElement.F32, block);
    }

    Slot temporary(long bytes, DnnlElement element, int block) {
        Slot s = new Slot(bytes, element, block);
        (constant ? constantSlots : slots).add(s);
        return s;
    }

    Slot temporary(long bytes) {
        return temporary(bytes, 1);
    }

    /** Whether the present node may overwrite {@code s}: it reads it once and nobody after it. */
    boolean overwritable(Slot s) {
        return s.inScratch() && s.pending() == 1;
    }

    /** A place for {@code out} in {@code in}'s layout: {@code in} itself if that may be overwritten. */
    Slot outLike(Value out, Slot in) {
        return overwritable(in) && in.bytes() == new Layout(in.block()).elements(out.shape()) * Float.BYTES ? alias(out, in) : define(out, in.block());
    }

    /** Where {@code v} was written, in whatever layout that is. */
    Slot origin(Value v) {
        return homes.get(v).getFirst();
    }

    /** {@code v} in row-major order. */
    Slot plain(Value v) {
        return in(v, 1);
    }

    /** {@code v} in channel blocks of {@code block}, converted here if it is not yet. */
    Slot in(Value v, int block) {
        return in(v, DnnlElement.F32, block);
    }

    /** The same, rounded to {@code element}s. */
    Slot in(Value v, DnnlElement element, int block) {
        for (Slot s : homes.get(v)) {
            if (s.element() == element && s.block() == block) {
                return s;
            }
        }
        Slot from = origin(v);
        Slot to = define(v, element, block);
        convert(v.shape(), from, to);
        return to;
    }

    /** A row-major copy of {@code v}, rounded to {@code element}s, that is not one of its homes. */
    Slot rounded(Value v, DnnlElement element) {
        Slot from = plain(v);
        Slot to = temporary(bytes(v, element, 1), element, 1);
        convert(v.shape(), from, to);
        return to;
    }

    /** Copies between layouts, rounding where elements differ. */
    void convert(Shape shape, Slot from, Slot to) {
        reorder(from.element() == to.element() ? "layout" : "rounding", primitives().layout(from.element(), shape, from.block()), from,
                primitives().layout(to.element(), shape, to.block()), to);
    }

    /** Copies between oneDNN layouts. */
    void reorder(String kind, MemoryDesc fromLayout, Slot from, MemoryDesc toLayout, Slot to) {
        Compiled c = primitives().reorder(fromLayout, toLayout).orElseThrow(() -> new DonnaException.NativeFailure(
                "cpu: oneDNN cannot convert " + from.bytes() + " bytes in blocks of " + from.block() + " to blocks of " + to.block()));
        primitive(kind, c, from, to);
    }

    /**
     * What {@code make} makes from {@code weight}, once per plan and {@code key}. From a variable that no node changes it is made once for many runs, and
     * again when somebody has written to the variable.
     */
    Slot derived(Value weight, Object key, Supplier<Slot> make) {
        Map<Object, Slot> known = derived.computeIfAbsent(weight, k -> new HashMap<>());
        Slot s = known.get(key);
        if (s == null) {
            boolean outer = constant;
            constant = weight.node().op() instanceof Op.Variable && !changing.contains(weight);
            s = make.get();
            constant = outer;
            known.put(key, s);
        }
        return s;
    }

    /** The present node has changed its variables: copies of their old values are worth nothing. */
    private void changed(Value variable) {
        derived.remove(variable);
        List<Slot> all = homes.get(variable);
        all.subList(1, all.size()).clear();
    }

    /** A step of the present node's op. */
    void step(String implementation, Step.Work work, Slot... used) {
        step(node.op().getClass().getSimpleName(), implementation, work, List.of(used));
    }

    private void step(String kind, String implementation, Step.Work work, List<Slot> used) {
        Step s = new Step(node.name(), kind, implementation, used, work);
        List<Step> list = constant ? constantSteps : steps;
        used.forEach(slot -> slot.usedBy(s, list.size()));
        list.add(s);
    }

    /** A run of {@code c} that is a part of another step. */
    Step.Work work(Compiled c) {
        return c.work(arena);
    }

    /** A oneDNN primitive for the present node; its scratchpad is added here. */
    void primitive(Compiled c, Slot... used) {
        primitive(node.op().getClass().getSimpleName(), c, used);
    }

    private void primitive(String kind, Compiled c, Slot... used) {
        List<Slot> all = new ArrayList<>(List.of(used));
        if (c.scratchBytes() > 0) {
            all.add(temporary(c.scratchBytes()));
        }
        step(kind, c.implementation(), c.work(arena), all);
    }

    /** Puts {@code v} where the caller wants it: written there in the first place if possible, copied at the end otherwise. */
    void output(String name, Graph.Output output) {
        Value v = output.value();
        int block = output.layout().block();
        requireKnown(name, output.layout());
        Slot s = in(v, block);
        if (s.inScratch()) {
            s.bindTo(name);
            slots.remove(s);
            bound.put(name, s);
        } else {
            Slot to = new Slot(s.bytes(), DnnlElement.F32, block);
            to.bindTo(name);
            bound.put(name, to);
            step("output", "copy", (m, stream) -> m[1].copyFrom(m[0]), List.of(s, to));
        }
    }

    /** The finished plan, which owns everything made here. */
    CpuPlan build(Graph graph) {
        slots.removeIf(s -> s.last() < 0);
        long scratch = Packing.place(slots, CpuDevice.ALIGNMENT);
        List<String> changed = Stream.concat(changing.stream().flatMap(v -> origin(v).bound().stream()), graph.outputs().keySet().stream()).toList();
        return new CpuPlan(device, graph, new CpuPlan.Parts(steps, constantSteps, slots, constantSlots, bound, changed, scratch, arena));
    }

    /** Gives back what was made for a plan that will not be. */
    void discard() {
        steps.forEach(Step::close);
        constantSteps.forEach(Step::close);
        arena.close();
    }
}
