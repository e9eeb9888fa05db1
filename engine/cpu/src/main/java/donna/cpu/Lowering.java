package donna.cpu;

import donna.backend.Plan;
import donna.cpu.kernel.Lanes;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** From a graph to a plan: one exhaustive switch over {@link Op}, node by node in the graph's order. */
final class Lowering {
    private final PlanBuilder b;
    private final GateFusion gates;
    private final FormedAgain again;
    private final DepthwiseChainLowering chains;
    private final ProjectionLowering projections;
    private final ExpandedDepthwiseLowering expanded;
    private final ConvolutionLowering convolutions;
    private final ProductLowering products;
    private final NormLowering norms;
    private final ElementwiseLowering elementwise;
    private final PoolLowering pools;
    private final ShapeLowering shapes;
    private final LossLowering losses;
    private final UpdateLowering updates;

    private Lowering(PlanBuilder b, Graph graph) {
        this.b = b;
        Readers readers = new Readers(graph);
        gates = new GateFusion(graph, readers);
        again = new FormedAgain(b, graph, readers);
        ConvolutionChoices choices = new ConvolutionChoices(b);
        expanded = new ExpandedDepthwiseLowering(b, graph, readers);
        norms = new NormLowering(b);
        convolutions = new ConvolutionLowering(b, choices, new WinogradLowering(b, norms, readers), expanded);
        products = new ProductLowering(b);
        DepthwiseChains found = new DepthwiseChains(graph, readers, gates);
        ExpansionLowering expansions = new ExpansionLowering(b);
        Set<Node> formed = found.found().stream().filter(expansions::takes).map(c -> c.expansion().orElseThrow().conv()).collect(Collectors.toSet());
        projections = new ProjectionLowering(b, norms, choices, new Projections(b, graph, readers, n -> formed.contains(n) || expanded.absorbs(n)));
        chains = new DepthwiseChainLowering(b, norms, expansions, projections, gates, found);
        elementwise = new ElementwiseLowering(b, gates);
        pools = new PoolLowering(b);
        shapes = new ShapeLowering(b);
        losses = new LossLowering(b);
        updates = new UpdateLowering(b);
    }

    static Plan compile(CpuDevice device, Graph graph) {
        PlanBuilder b = new PlanBuilder(device, graph);
        boolean finished = false;
        try {
            Lowering lowering = new Lowering(b, graph);
            for (Node n : graph.nodes()) {
                lowering.write(n);
            }
            graph.outputs().forEach(b::output);
            Plan plan = b.build(graph);
            finished = true;
            return plan;
        } finally {
            if (!finished) {
                b.discard();
            }
        }
    }

    /** Channel block of images. */
    static int block() {
        return Lanes.L;
    }

    private void write(Node n) {
        if (gates.absorbs(n) || chains.absorbs(n) || projections.absorbs(n) || expanded.absorbs(n)) {
            return;
        }
        b.at(n);
        again.before(n);
        Optional<GateFusion.Parts> gate = gates.of(n);
        if (gate.isPresent()) {
            elementwise.gateBackward(n, gate.get());
            b.done(gate.get().scale());
            b.done(gate.get().spread());
            return;
        }
        if (!chains.write(n) && !projections.write(n)) {
            lower(n);
        }
        b.done(n);
    }

    private void lower(Node n) {
        switch (n.op()) {
            case Op.Input o -> b.leaf(n.output(0), o.name());
            case Op.Variable o -> b.leaf(n.output(0), o.name());
            case Op.Fill o -> elementwise.fill(n, o);
            case Op.Conv2d o -> convolutions.forward(n, o);
            case Op.Conv2dBackwardData o -> convolutions.backwardData(n, o);
            case Op.Conv2dBackwardWeight o -> convolutions.backwardWeight(n, o);
            case Op.Linear o -> products.linear(n, o);
            case Op.MatMul o -> products.matmul(n, o);
            case Op.SumExcept o -> products.sumExcept(n, o);
            case Op.BatchNorm o -> norms.batchNorm(n, o);
            case Op.BatchNormInference o -> norms.batchNormInference(n, o);
            case Op.BatchNormBackward o -> norms.batchNormBackward(n, o);
            case Op.LayerNorm o -> norms.layerNorm(n, o);
            case Op.LayerNormBackward o -> norms.layerNormBackward(n);
            case Op.Activate o -> elementwise.activate(n, o);
            case Op.ActivateBackward o -> elementwise.activateBackward(n, o);
            case Op.Add o -> elementwise.add(n);
            case Op.AddEach o -> elementwise.addEach(n);
            case Op.Multiply o -> elementwise.multiply(n);
            case Op.Scale o -> elementwise.scale(n, o);
            case Op.ScaleBy o -> elementwise.scaleBy(n);
            case Op.ChannelScale o -> elementwise.channelScale(n);
            case Op.ChannelScaleBackwardGate o -> elementwise.channelScaleBackwardGate(n);
            case Op.Dropout o -> elementwise.dropout(n, o);
            case Op.GlobalAveragePool o -> pools.globalAverage(n);
            case Op.GlobalAveragePoolBackward o -> pools.globalAverageBackward(n, o);
            case Op.AveragePool o -> pools.average(n, o);
            case Op.AveragePoolBackward o -> pools.averageBackward(n, o);
            case Op.MaxPool o -> pools.max(n, o);
            case Op.MaxPoolBackward o -> pools.maxBackward(n, o);
            case Op.Softmax o -> losses.softmax(n);
            case Op.SoftmaxBackward o -> losses.softmaxBackward(n);
            case Op.Reshape o -> shapes.reshape(n, o);
            case Op.Transpose o -> shapes.transpose(n, o);
            case Op.Slice o -> shapes.slice(n, o);
            case Op.Pad o -> shapes.pad(n, o);
            case Op.Concat o -> shapes.concat(n, o);
            case Op.NsrLoss o -> losses.nsr(n);
            case Op.CrossEntropy o -> losses.crossEntropy(n, o);
            case Op.DistillationLoss o -> losses.distillation(n, o);
            case Op.MeanSquaredError o -> losses.meanSquaredError(n);
            case Op.SgdUpdate o -> updates.sgd(n, o);
            case Op.AdamWUpdate o -> updates.adamW(n, o);
            case Op.EmaUpdate o -> updates.ema(n, o);
            case Op.ClipFactor o -> updates.clipFactor(n, o);
            case Op.LossScaleUpdate o -> updates.lossScale(n, o);
        }
    }
}
