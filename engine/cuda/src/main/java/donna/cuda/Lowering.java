package donna.cuda;

import donna.backend.Plan;
import donna.backend.plan.Members;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import java.util.List;

/** From a graph to a plan: one exhaustive switch over {@link Op}, member by member, node by node in the graph's order. */
final class Lowering {
    private final PlanBuilder b;
    private final ConvolutionLowering convolutions;
    private final ProductLowering products;
    private final NormLowering norms;
    private final ElementwiseLowering elementwise;
    private final SqueezeExciteLowering squeezeExcites;
    private final PoolLowering pools;
    private final ShapeLowering shapes;
    private final LossLowering losses;
    private final UpdateLowering updates;

    private Lowering(PlanBuilder b, Graph graph) {
        this.b = b;
        norms = new NormLowering(b);
        convolutions = new ConvolutionLowering(b, norms);
        products = new ProductLowering(b);
        elementwise = new ElementwiseLowering(b, norms);
        squeezeExcites = new SqueezeExciteLowering(b, SqueezeExcite.of(graph, b.readers()));
        pools = new PoolLowering(b, norms);
        shapes = new ShapeLowering(b);
        losses = new LossLowering(b);
        updates = new UpdateLowering(b);
    }

    static Plan compile(GpuDevice device, Graph graph) {
        Members members = Members.of(graph);
        PlanBuilder b = new PlanBuilder(device, graph, members);
        boolean finished = false;
        try {
            Lowering lowering = new Lowering(b, graph);
            graph.nodes().forEach(lowering::leaf);
            members.nodes().forEach(lowering::member);
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

    private void leaf(Node n) {
        switch (n.op()) {
            case Op.Input o -> b.leaf(n.output(0), o.name());
            case Op.Variable o -> b.leaf(n.output(0), o.name());
            default -> {}
        }
    }

    private void member(List<Node> nodes) {
        nodes.stream().filter(n -> !n.inputs().isEmpty()).findFirst().ifPresent(first -> {
            b.at(first);
            b.store(Factors.of(nodes.stream().filter(n -> !squeezeExcites.takes(n)).toList()));
        });
        nodes.forEach(this::node);
        updates.flush();
    }

    private void node(Node n) {
        if (b.fusions().absorbed(n)) {
            return;
        }
        if (squeezeExcites.takes(n)) {
            squeezeExcites.lower(n);
            return;
        }
        b.at(n);
        updates.before(n);
        boolean alreadyMade = !n.outputs().isEmpty() && b.has(n.output(0));
        if (!alreadyMade) {
            lower(n);
        }
        done(n);
    }

    /** {@code n} and what it has absorbed. */
    private void done(Node n) {
        n.inputs().stream().map(Value::node).filter(b.fusions()::absorbed).distinct().forEach(this::done);
        b.done(n);
    }

    private void lower(Node n) {
        switch (n.op()) {
            case Op.Input o -> leaf(n);
            case Op.Variable o -> leaf(n);
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
            case Op.Reshape o -> shapes.reshape(n);
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
