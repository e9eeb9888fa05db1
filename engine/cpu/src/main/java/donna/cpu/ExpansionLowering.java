package donna.cpu;

import donna.cpu.ConvolutionChoices.Choice;
import donna.cpu.DepthwiseChains.Chain;
import donna.cpu.DepthwiseChains.Gradient;
import donna.cpu.Primitives.Pass;
import donna.cpu.kernel.BatchNormForward;
import donna.cpu.kernel.CentredImages;
import donna.cpu.kernel.ExpansionAlgebra;
import donna.ffi.Dnnl;
import donna.ffi.DnnlElement;
import donna.ffi.MemoryDesc;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.ConvGeometry;
import donna.tensor.Layout;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The 1x1 convolution in front of a depthwise chain whose result is never stored: its batch norm's statistics come from its source's products, and each pass
 * over the chain forms it a piece at a time.
 */
final class ExpansionLowering {
    /** Weights are small if so many of them fit into a piece of the result: they stay in the cache beside it. */
    private static final int SMALL_WEIGHT = 4;

    /** Bytes of the largest piece. */
    private static final long LARGEST = 4L * Pieces.BYTES;

    /** Measured: with less, the products of the source cost more than the memory traffic they save, unless the source is narrow. */
    private static final int LEAST_EXPANSION = 4;

    private static final int NARROW = 16;

    private final PlanBuilder b;
    private final ConvolutionChoices choices;
    private final int block = Lowering.block();

    ExpansionLowering(PlanBuilder b, ConvolutionChoices choices) {
        this.b = b;
        this.choices = choices;
    }

    /**
     * The primitives of both gradients, some images at a time.
     *
     * @param correction the convolution by a matrix that is added to the source's gradient, all images at once
     */
    private record Back(Gradient nodes, Choice weight, Optional<Choice> data, Optional<Choice> correction) {}

    /** Empty where that is no gain, and where oneDNN lacks a kernel that takes weights in an order of its own, into which they are copied. */
    Optional<Expansion> of(Chain c) {
        if (c.expansion().isEmpty()) {
            return Optional.empty();
        }
        Node conv = c.expansion().get().conv();
        Shape src = conv.input(0).shape();
        Shape weight = conv.input(1).shape();
        Shape dst = conv.output(0).shape();
        Pieces pieces = Pieces.whole(dst);
        Shape some = src.with(0, pieces.all().getFirst().images());
        Shape results = dst.with(0, some.dim(0));
        long piece = new Layout(block).elements(results) * Float.BYTES;
        Optional<Choice> forward = narrow(choices.choose(Pass.FORWARD, some, weight, results, ConvGeometry.POINTWISE, block));
        Shape square = weight.with(0, src.dim(1));
        Optional<Choice> gram = narrow(choices.exact(Pass.BACKWARD_WEIGHT, src, square, src, ConvGeometry.POINTWISE))
                .filter(g -> g.compiled().desc(Dnnl.ARG_DIFF_WEIGHTS) != b.primitives().plainWeight(square, 1));
        boolean worth = src.dim(1) <= NARROW || dst.dim(1) >= LEAST_EXPANSION * src.dim(1);
        if (!worth || piece > LARGEST || weight.elements() * Float.BYTES > piece / SMALL_WEIGHT || forward.isEmpty() || gram.isEmpty()) {
            return Optional.empty();
        }
        Optional<Gradient> nodes = c.expansion().get().gradient();
        Optional<Back> back = nodes.flatMap(g -> back(g, some, weight, results, src, square));
        return back.isPresent() == nodes.isPresent()
                ? Optional.of(new Expansion(conv, pieces, forward.get(), gram.get(), back))
                : Optional.empty();
    }

    private Optional<Back> back(Gradient nodes, Shape src, Shape weight, Shape dst, Shape all, Shape square) {
        ConvGeometry g = ConvGeometry.POINTWISE;
        Optional<Choice> w = narrow(choices.choose(Pass.BACKWARD_WEIGHT, src, weight, dst, g, block));
        Optional<Choice> d = nodes.data().flatMap(n -> narrow(choices.choose(Pass.BACKWARD_DATA, src, weight, dst, g, block)))
                .filter(c -> c.weights() != b.primitives().plainWeight(weight, 1));
        Optional<Choice> correction = nodes.data().flatMap(n -> narrow(choices.exactSum(all, square, g)))
                .filter(c -> c.weights() != b.primitives().plainWeight(square, 1));
        boolean found = w.isPresent() && d.isPresent() == nodes.data().isPresent() && correction.isPresent() == d.isPresent()
                && d.filter(c -> c.element() != w.get().element()).isEmpty();
        return found ? Optional.of(new Back(nodes, w.get(), d, correction)) : Optional.empty();
    }

    private static Optional<Choice> narrow(Optional<Choice> found) {
        return found.filter(c -> !c.wide().widened());
    }

    /** Of one chain. Its methods write steps, in the order in which they stand here. */
    final class Expansion {
        private final Node conv;
        private final Value src;
        private final Value weight;
        private final Pieces pieces;
        private final Choice forward;
        private final Choice gram;
        private final Optional<Back> back;
        private final ExpansionAlgebra algebra;
        private Optional<Slot> centred = Optional.empty();
        private Optional<Slot> partial = Optional.empty();
        private Optional<Slot> matrix = Optional.empty();
        private Optional<Slot> bias = Optional.empty();

        private Expansion(Node conv, Pieces pieces, Choice forward, Choice gram, Optional<Back> back) {
            this.conv = conv;
            this.src = conv.input(0);
            this.weight = conv.input(1);
            this.pieces = pieces;
            this.forward = forward;
            this.gram = gram;
            this.back = back;
            algebra = new ExpansionAlgebra(src.shape().dim(1), weight.shape().dim(0));
        }

        Pieces pieces() {
            return pieces;
        }

        Node conv() {
            return conv;
        }

        /** Nodes whose work is done with the chain's gradient. */
        List<Node> gradients() {
            return back.stream().flatMap(g -> Stream.concat(Stream.of(g.nodes.weight()), g.nodes.data().stream())).toList();
        }

        private long sourceBytes() {
            return new Layout(block).elements(src.shape()) * Float.BYTES;
        }

        private long pieceBytes() {
            return new Layout(block).elements(conv.output(0).shape().with(0, pieces.all().getFirst().images())) * Float.BYTES;
        }

        /** The statistics of {@code norm}, which is behind the convolution. */
        void statistics(Node norm) {
            Shape s = src.shape();
            int in = s.dim(1);
            CentredImages images = new CentredImages(s.dim(0), in, s.dim(2), s.dim(3));
            Slot x = b.temporary(sourceBytes(), block);
            Slot mean = b.temporary((long) in * Float.BYTES);
            b.step("vector centred source", (m, stream) -> images.run(m[0], m[1], m[2]), b.in(src, block), x, mean);
            MemoryDesc layout = gram.compiled().desc(Dnnl.ARG_DIFF_WEIGHTS);
            Slot products = b.temporary(layout.bytes());
            b.primitive(gram.compiled(), x, x, products);
            Slot square = b.temporary((long) in * in * Float.BYTES);
            b.reorder("weight", layout, products, b.primitives().plainWeight(weight.shape().with(0, in), 1), square);
            Op.BatchNorm o = (Op.BatchNorm) norm.op();
            Shape d = conv.output(0).shape();
            BatchNormForward k = new BatchNormForward(d.dim(0), d.dim(1), d.dim(2), d.dim(3), o.eps(), o.act(), false);
            b.step("statistics of the source", (m, stream) -> {
                algebra.take(m[0], m[1], m[2]);
                k.statistics(algebra, m[3], m[4], m[5], m[6], m[7]);
            }, b.plain(weight), square, mean, b.plain(norm.input(3)), b.plain(norm.input(4)), b.plain(norm.input(5)), b.define(norm.output(1), 1),
                    b.define(norm.output(2), 1));
            b.absent(conv.output(0));
            b.absent(norm.output(0));
            centred = Optional.of(x);
        }

        PieceRuns forward() {
            return b.pieceRuns(forward.compiled(), pieces.all().size());
        }

        Slot source() {
            return b.in(src, forward.element(), block);
        }

        /** What {@link #forward} takes besides its source and result: weights and scratchpad. */
        List<Slot> forwardMemory() {
            return List.of(choices.weight(weight, forward), b.temporary(Math.max(1, forward.compiled().scratchBytes())));
        }

        private MemoryDesc plainWeight() {
            return b.primitives().plainWeight(weight.shape(), 1);
        }

        ExpansionBackward backward() {
            Back g = back.orElseThrow();
            Primitives p = b.primitives();
            Shape piece = conv.output(0).shape().with(0, pieces.all().getFirst().images());
            PointwiseGradients.Parts parts = new PointwiseGradients.Parts(g.weight.compiled(), g.data.map(Choice::compiled),
                    p.reorder(p.layout(DnnlElement.F32, piece, block), p.layout(g.weight.element(), piece, block)),
                    p.reorder(g.weight.compiled().desc(Dnnl.ARG_DIFF_WEIGHTS), plainWeight()));
            Optional<Compiled> order = g.data.map(d -> p.reorder(plainWeight(), d.weights()).orElseThrow());
            return b.expansionBackward(algebra, forward.compiled(), parts, order, pieces.all().size());
        }

        /**
         * What {@link #backward} takes.
         *
         * @param z a piece of the result
         * @param dz a piece of its gradient
         */
        List<Slot> backwardMemory(Slot z, Slot dz) {
            Back g = back.orElseThrow();
            int in = src.shape().dim(1);
            Slot scaled = b.temporary(g.data.map(d -> d.weights().bytes()).orElse(1L));
            long layout = g.weight.compiled().desc(Dnnl.ARG_DIFF_WEIGHTS).bytes();
            List<Slot> slots = new ArrayList<>(List.of(source()));
            slots.add(choices.weight(weight, forward));
            slots.add(z);
            slots.add(b.temporary(Math.max(1, forward.compiled().scratchBytes())));
            g.data.ifPresent(d -> {
                matrix = Optional.of(b.temporary((long) in * in * Float.BYTES));
                bias = Optional.of(b.temporary((long) in * Float.BYTES));
                partial = Optional.of(b.temporary(sourceBytes(), block));
                slots.addAll(List.of(b.temporary(plainWeight().bytes()), scaled, matrix.get(), bias.get()));
            });
            Slot x = centred.orElseThrow();
            if (g.weight.element() != DnnlElement.F32) {
                Slot rounded = b.temporary(x.bytes() / 2, g.weight.element(), block);
                b.convert(src.shape(), x, rounded);
                x = rounded;
            }
            long scratch = Math.max(1, Math.max(g.weight.compiled().scratchBytes(), g.data.map(d -> d.compiled().scratchBytes()).orElse(0L)));
            slots.addAll(List.of(dz, x, b.temporary(layout), b.temporary(layout), b.define(g.nodes.weight().output(0), 1), b.temporary(scratch)));
            g.data.ifPresent(d -> {
                slots.add(scaled);
                slots.add(partial.orElseThrow());
            });
            if (g.weight.element() != DnnlElement.F32) {
                slots.add(b.temporary(pieceBytes() / 2));
            }
            return slots;
        }

        /** Adds the correction to the source's gradient, if it has one. */
        void correct() {
            Back g = back.orElseThrow();
            g.correction.ifPresent(c -> {
                Slot ordered = b.temporary(c.weights().bytes());
                b.reorder("weight", b.primitives().plainWeight(weight.shape().with(0, src.shape().dim(1)), 1), matrix.orElseThrow(), c.weights(), ordered);
                b.primitive(c.compiled(), centred.orElseThrow(), ordered, bias.orElseThrow(), partial.orElseThrow(),
                        b.define(g.nodes.data().orElseThrow().output(0), block));
            });
        }
    }
}
