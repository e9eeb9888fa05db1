package donna.cuda;

import donna.backend.plan.Members;
import donna.ffi.ConvolutionPlan;
import donna.ffi.CudaFunction;
import donna.ffi.Matmul;
import donna.ffi.MatmulSpec;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Storage;
import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A plan in the making: where each value lives, in which orders and storages, and the steps so far. A value may live in several slots, one per order and
 * storage: the first is where its node writes it, the others are conversions made on demand. A slot may hold several values, one after another, where a step
 * works in place.
 *
 * <p>Each member of the graph has a section of its own; conversions of leaves that several members read are made once, in a section before all of them.
 */
final class PlanBuilder {
    /** Channels of images whose planes a thread reads side by side. */
    private static final int MOST_INTERLEAVED = 4;

    private final GpuDevice device;
    private final Arena arena = Arena.ofShared();
    private final Members members;
    private final Section common = new Section();
    private final List<Section> sections = new ArrayList<>();
    private final Map<Node, Section> sectionOf = new HashMap<>();
    private final Map<String, Slot> bound = new LinkedHashMap<>();
    private final Map<Value, List<Slot>> homes = new HashMap<>();
    private final Map<Value, Integer> remaining = new HashMap<>();
    private final Set<String> written = new LinkedHashSet<>();
    private final Set<Value> floats;
    private final Readers readers;
    private final Fusions fusions;
    private Section section = common;
    private Node node;

    PlanBuilder(GpuDevice device, Graph graph, Members members) {
        this.device = device;
        this.members = members;
        this.floats = FloatValues.of(graph);
        this.readers = new Readers(graph);
        this.fusions = new Fusions(graph, readers, device);
        for (List<Node> member : members.nodes()) {
            sections.add(new Section());
            for (Node n : member) {
                sectionOf.put(n, sections.getLast());
                n.inputs().stream().map(Value::node).filter(m -> !members.shared().contains(m)).forEach(m -> sectionOf.put(m, sections.getLast()));
            }
        }
        for (Node n : graph.nodes()) {
            n.inputs().forEach(v -> remaining.merge(v, 1, Integer::sum));
        }
        graph.outputs().values().forEach(o -> remaining.merge(o.value(), 1, Integer::sum));
        written.addAll(graph.outputs().keySet());
    }

    GpuDevice device() {
        return device;
    }

    /** Steps that follow belong to {@code n}. */
    void at(Node n) {
        node = n;
        section = sectionOf.getOrDefault(n, common);
    }

    /** Says that {@code n}'s steps are written: its inputs have one use less, and what it changes in place has changed. */
    void done(Node n) {
        for (int i : Graph.changedInputs(n.op())) {
            List<Slot> all = homes.get(n.input(i));
            all.subList(1, all.size()).clear();
            written.add(((Op.Variable) n.input(i).node().op()).name());
        }
        for (Value v : n.inputs()) {
            remaining.merge(v, -1, Integer::sum);
            homes.getOrDefault(v, List.of()).forEach(s -> s.addPending(-1));
        }
    }

    Readers readers() {
        return readers;
    }

    Fusions fusions() {
        return fusions;
    }

    /** Whether {@code v} has a place already. */
    boolean has(Value v) {
        return homes.containsKey(v);
    }

    /** The slot of a tensor that the caller binds. */
    void leaf(Value v, String name) {
        TensorSpec spec = v.spec();
        if (spec.dtype() != DType.F32 && spec.dtype() != DType.I32) {
            throw new DonnaException.InvalidInput(
                    "cuda: '" + name + "' is " + spec + "; this backend works on F32, labels are I32; convert it, or use the reference backend");
        }
        Slot s = new Slot(spec.shape().elements(), Order.of(name, spec.layout(), spec.shape()), Storage.F32);
        s.bindTo(name);
        bound.put(name, s);
        home(v, s);
    }

    private void home(Value v, Slot s) {
        homes.computeIfAbsent(v, k -> new ArrayList<>()).add(s);
        s.addPending(remaining.getOrDefault(v, 0));
    }

    /** How activations and their gradients are stored. */
    Storage activations() {
        return device.arithmetic().storage();
    }

    /** A new place for {@code v}. */
    Slot define(Value v, Order order, Storage storage) {
        Slot s = new Slot(v.shape().elements(), order.of(v.shape()), storage);
        section.own(s);
        home(v, s);
        return s;
    }

    /** A new place for {@code v}, an activation or the gradient of one. */
    Slot define(Value v, Order order) {
        return define(v, order, activations());
    }

    /** A new row-major place for {@code v}, a parameter's gradient, a statistic or a loss. */
    Slot define(Value v) {
        return define(v, Order.ROW_MAJOR, Storage.F32);
    }

    /** A new place for {@code v}, a product: floats where all that read it want floats, as for the gradient of a parameter, an activation otherwise. */
    Slot defineProduct(Value v, Order order) {
        return define(v, order, floats.contains(v) ? Storage.F32 : activations());
    }

    /** {@code v} is what {@code src} holds in row-major order, in all storages that there are. */
    void reshaped(Value v, Value src) {
        Slot first = in(src, Order.ROW_MAJOR, origin(src).storage());
        home(v, first);
        homes.get(src).stream().filter(s -> s.order() == Order.ROW_MAJOR && s != first).forEach(s -> home(v, s));
    }

    /** {@code v} is what {@code s} holds from the next step on. */
    Slot alias(Value v, Slot s) {
        home(v, s);
        return s;
    }

    /** Scratch memory for the steps that name it. */
    Slot temporary(long bytes) {
        return temporary(Math.ceilDiv(bytes, Storage.F32.bytes()), Storage.F32);
    }

    /** Scratch memory for {@code count} elements. */
    Slot temporary(long count, Storage storage) {
        Slot s = new Slot(count, Order.ROW_MAJOR, storage);
        section.own(s);
        return s;
    }

    /** Scratch memory for {@code count} floats. */
    Slot floats(long count) {
        return temporary(count, Storage.F32);
    }

    /** A place for {@code out} in {@code in}'s order and storage: {@code in} itself if the present node alone still needs it, and once. */
    Slot outLike(Value out, Slot in) {
        boolean overwritable = in.inScratch() && in.pending() == 1 && section.owns(in);
        return overwritable && in.count() == out.shape().elements() ? alias(out, in) : define(out, in.order(), in.storage());
    }

    /** Where {@code v} was written, in whatever order and storage that is. */
    Slot origin(Value v) {
        return homes.get(v).getFirst();
    }

    /** {@code v} as floats in row-major order: a parameter, a statistic, labels. */
    Slot plain(Value v) {
        return in(v, Order.ROW_MAJOR, Storage.F32);
    }

    /** {@code v} in row-major order as activations are stored, for a product or a row-wise kernel. */
    Slot rows(Value v) {
        return in(v, Order.ROW_MAJOR, activations());
    }

    /** An image with the channels last, as activations are stored. */
    Slot image(Value v) {
        return in(v, Order.CHANNELS_LAST, activations());
    }

    /** The storage in which an op treats {@code values} that follows its inputs: that of activations if one of them is stored so. */
    Storage storage(Value... values) {
        return Arrays.stream(values).map(v -> origin(v).storage()).filter(s -> s != Storage.F32).findFirst().orElse(Storage.F32);
    }

    /** {@code v} in the given order and storage, converted here if it is not yet: leaves that members share before all members. */
    Slot in(Value v, Order wanted, Storage storage) {
        Order order = wanted.of(v.shape());
        List<Slot> all = homes.get(v);
        Optional<Slot> same = all.stream().filter(s -> s.order() == order && s.storage() == storage).findFirst();
        if (same.isPresent()) {
            return same.get();
        }
        Section outer = section;
        section = members.shared().contains(v.node()) ? common : section;
        Slot converted = converted(v, order, storage);
        section = outer;
        return converted;
    }

    private Slot converted(Value v, Order order, Storage storage) {
        for (Slot s : homes.get(v)) {
            if (s.order() == order) {
                return stored(v, s, storage);
            }
            if (s.storage() == storage) {
                return reordered(v, s, order, storage);
            }
        }
        return reordered(v, origin(v), order, storage);
    }

    /** Stores variables of the present member in row-major order as activations are stored, in one launch. */
    void store(Collection<Value> variables) {
        List<Object[]> rows = new ArrayList<>();
        for (Value v : variables) {
            Slot from = origin(v);
            if (from.storage() != activations() && from.order() == Order.ROW_MAJOR && !members.shared().contains(v.node())) {
                Slot to = define(v, Order.ROW_MAJOR);
                for (int i = 0; i < to.count(); i += Launch.PIECE) {
                    rows.add(new Object[] {Place.of(from, i), Place.of(to, i), Math.min(Launch.PIECE, to.count() - i)});
                }
            }
        }
        if (!rows.isEmpty()) {
            table(Kernel.STORE_ALL, activations(), rows);
        }
    }

    private Slot stored(Value v, Slot from, Storage storage) {
        Slot to = define(v, from.order(), storage);
        Kernel kernel = storage == Storage.F32 ? Kernel.TO_FLOAT : Kernel.TO_STORED;
        step("storage", kernelStep(kernel, List.of(), Launch.eights(to.count()), from, to, to.count()));
        return to;
    }

    /** In the other order, and another storage if wanted, in one pass. */
    private Slot reordered(Value v, Slot from, Order order, Storage storage) {
        Slot to = define(v, order, storage);
        Shape s = v.shape();
        int pixels = s.dim(2) * s.dim(3);
        boolean channelsLast = order == Order.CHANNELS_LAST;
        if (channelsLast && s.dim(1) <= MOST_INTERLEAVED && from.storage() == Storage.F32) {
            int count = Math.multiplyExact(s.dim(0), Math.ceilDiv(pixels, 8));
            step("layout", kernelStep(Kernel.INTERLEAVE, List.of(), Launch.elements(count), from, to, s.dim(1), pixels, count));
        } else {
            Kernel converting = storage == Storage.F32 ? Kernel.TRANSPOSE_TO_FLOAT : Kernel.TRANSPOSE_TO_STORED;
            Kernel kernel = from.storage() == storage ? Kernel.TRANSPOSE : converting;
            int rows = channelsLast ? s.dim(1) : pixels;
            int columns = channelsLast ? pixels : s.dim(1);
            step("layout", kernelStep(kernel, List.of(), Launch.tiles(rows, columns, s.dim(0)), from, to, rows, columns));
        }
        return to;
    }

    /**
     * A launch for the present node, of the kernel as it is compiled for what its stored arguments are.
     *
     * @param arguments in the kernel's order: a {@link Slot} or {@link Place} for an address, null for none, {@code Integer}, {@code Long}, {@code Float}
     */
    void kernel(Kernel kernel, Launch launch, Object... arguments) {
        kernel(kernel, List.of(), launch, arguments);
    }

    /** As {@link #kernel(Kernel, Launch, Object...)}, compiled with macros, {@code NAME=value}. */
    void kernel(Kernel kernel, List<String> macros, Launch launch, Object... arguments) {
        step(kernelStep(kernel, macros, launch, arguments));
    }

    /**
     * A launch for many tensors: a block for each row of a table.
     *
     * @param storage that the kernel is compiled for
     * @param rows fields in the order of the source's struct, as {@link TableStep} takes them
     * @param arguments that follow the table
     */
    void table(Kernel kernel, Storage storage, List<Object[]> rows, Object... arguments) {
        CudaFunction function = device.kernels().function(kernel, storage, List.of());
        KernelStep launch = kernelStep(kernel, List.of(), function, Launch.rows(rows.size()), afterAddress(arguments));
        step(new TableStep(launch, List.copyOf(rows)));
    }

    /**
     * A launch of sums over rows, whose blocks count who is last: with a counter for each tile.
     *
     * @param arguments that follow the counters
     */
    void sums(Kernel kernel, RowSums sums, Object... arguments) {
        KernelStep launch = kernelStep(kernel, List.of(), sums.launch(), afterAddress(arguments));
        step(new CountedStep(launch, sums.launch().gridX() * sums.launch().gridY()));
    }

    /** With room before them for an address that is no slot's. */
    private static Object[] afterAddress(Object... arguments) {
        Object[] all = new Object[arguments.length + 1];
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return all;
    }

    private KernelStep kernelStep(Kernel kernel, List<String> macros, Launch launch, Object... arguments) {
        return kernelStep(kernel, macros, device.kernels().function(kernel, KernelStep.storage(kernel, arguments), macros), launch, arguments);
    }

    private KernelStep kernelStep(Kernel kernel, List<String> macros, CudaFunction function, Launch launch, Object... arguments) {
        return new KernelStep(kernel, macros, function, launch, arena, arguments);
    }

    /**
     * A product for the present node, {@code c = a b + beta c}; its workspace is added here.
     *
     * @param sizes the product, whose elements are as {@code a}, {@code b} and {@code c} are stored
     */
    void product(MatmulSpec sizes, float beta, Place a, Place b, Place c) {
        if (a.slot().storage() != b.slot().storage()) {
            throw new IllegalArgumentException("a product of " + a.slot().storage() + " and " + b.slot().storage() + "; expected the same for both");
        }
        MatmulSpec spec = new MatmulSpec(Arithmetic.element(a.slot().storage()), Arithmetic.element(c.slot().storage()), device.arithmetic().tensorFloat(),
                sizes.rows(), sizes.columns(), sizes.inner(), sizes.batch(), sizes.a(), sizes.b(), sizes.c(), sizes.epilogue());
        int alignment = (int) Math.min(alignment(a), Math.min(alignment(b), alignment(c)));
        Matmul matmul = device.products().plan(spec, beta, alignment);
        List<Place> places = new ArrayList<>(List.of(a, b, c));
        if (matmul.workspaceBytes() > 0) {
            places.add(new Place(temporary(matmul.workspaceBytes()), 0));
        }
        step(new ProductStep(matmul, beta, places));
    }

    /** A convolution for the present node, as {@link ConvolutionPlan#run} takes its slots; its workspace is added here. Returns {@code result}. */
    Slot convolution(ConvolutionPlan plan, Slot first, Slot second, Slot result) {
        List<Slot> all = new ArrayList<>(List.of(first, second, result));
        if (plan.workspaceBytes() > 0) {
            all.add(temporary(plan.workspaceBytes()));
        }
        step(new ConvolutionStep(plan, all));
        return result;
    }

    private static long alignment(Place p) {
        long base = p.slot().inScratch() ? Slot.SCRATCH_ALIGNMENT : GpuPlan.BOUND_ALIGNMENT;
        return p.offset() == 0 ? base : Math.min(base, Long.lowestOneBit(p.offset()));
    }

    private void step(Step s) {
        step(node.op().getClass().getSimpleName(), s);
    }

    private void step(String kind, Step s) {
        section.add(new GpuPlan.Line(node.name(), kind, s));
        if (section != common) {
            s.slots().stream().filter(common::owns).forEach(common::keep);
        }
    }

    /** Puts {@code v} where the caller wants it: written there in the first place if possible, copied at the end otherwise. */
    void output(String name, Graph.Output output) {
        at(output.value().node());
        Order order = Order.of(name, output.layout(), output.value().shape());
        Slot s = in(output.value(), order, Storage.F32);
        if (s.inScratch()) {
            s.bindTo(name);
            section.disown(s);
            bound.put(name, s);
        } else {
            Slot to = new Slot(s.count(), order, s.storage());
            to.bindTo(name);
            bound.put(name, to);
            step("output", new CopyStep(s, to));
        }
    }

    /** The finished plan, which owns everything made here. */
    GpuPlan build(Graph graph) {
        long base = common.pack();
        sections.forEach(Section::pack);
        Branches branches = new Branches(sections, device.scratchLimit());
        long bytes = branches.place(base);
        return new GpuPlan(device, graph, new GpuPlan.Parts(common.lines(), branches.lines(), bound, written, bytes, arena));
    }

    /** Gives back what was made for a plan that will not be. */
    void discard() {
        common.lines().forEach(l -> l.step().close());
        sections.forEach(s -> s.lines().forEach(l -> l.step().close()));
        arena.close();
    }
}
