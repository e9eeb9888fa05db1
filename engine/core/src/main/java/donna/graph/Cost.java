package donna.graph;

import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What a graph costs, for the batch it was built with; build it with N = 1 for the cost of one image.
 *
 * @param macs multiply-accumulates of convolutions, linear layers and matrix products, forward and backward ops alike;
 *     other ops count none
 * @param params elements of the trainable variables: weights, biases, gamma, beta, embeddings; not running statistics
 *     or optimizer state. A variable used by several ops counts once
 * @param bytes bytes moved if every op reads its inputs and writes its outputs once; reshaping is free
 */
public record Cost(long macs, long params, long bytes) {
    /** Of a whole graph. */
    public static Cost of(Graph graph) {
        long macs = 0;
        long bytes = 0;
        Set<Value> trainable = new HashSet<>();
        for (Node n : graph.nodes()) {
            Cost c = of(n);
            macs += c.macs;
            bytes += c.bytes;
            trainable.addAll(trainable(n));
        }
        return new Cost(macs, elements(trainable), bytes);
    }

    /** Of one op; a parameter that it shares with another op is counted. */
    public static Cost of(Node n) {
        return new Cost(macs(n), elements(trainable(n)), bytes(n));
    }

    private static long macs(Node n) {
        return switch (n.op()) {
            case Op.Conv2d o -> convMacs(n.output(0).shape(), n.input(1).shape());
            case Op.Conv2dBackwardData o ->
                convMacs(n.input(0).shape(), n.input(1).shape());
            case Op.Conv2dBackwardWeight o -> convMacs(n.input(1).shape(), o.weight());
            case Op.Linear o ->
                n.output(0).shape().elements() * n.input(1).shape().dim(1);
            case Op.MatMul o ->
                n.output(0).shape().elements() * n.input(0).shape().dim(o.transposeA() ? -2 : -1);
            case Op.Input o -> 0;
            case Op.Variable o -> 0;
            case Op.Fill o -> 0;
            case Op.SumExcept o -> 0;
            case Op.BatchNorm o -> 0;
            case Op.BatchNormInference o -> 0;
            case Op.BatchNormBackward o -> 0;
            case Op.LayerNorm o -> 0;
            case Op.LayerNormBackward o -> 0;
            case Op.Activate o -> 0;
            case Op.ActivateBackward o -> 0;
            case Op.Add o -> 0;
            case Op.AddEach o -> 0;
            case Op.Multiply o -> 0;
            case Op.Scale o -> 0;
            case Op.ScaleBy o -> 0;
            case Op.ChannelScale o -> 0;
            case Op.ChannelScaleBackwardGate o -> 0;
            case Op.Dropout o -> 0;
            case Op.GlobalAveragePool o -> 0;
            case Op.GlobalAveragePoolBackward o -> 0;
            case Op.AveragePool o -> 0;
            case Op.AveragePoolBackward o -> 0;
            case Op.MaxPool o -> 0;
            case Op.MaxPoolBackward o -> 0;
            case Op.Softmax o -> 0;
            case Op.SoftmaxBackward o -> 0;
            case Op.Reshape o -> 0;
            case Op.Transpose o -> 0;
            case Op.Slice o -> 0;
            case Op.Pad o -> 0;
            case Op.Concat o -> 0;
            case Op.NsrLoss o -> 0;
            case Op.CrossEntropy o -> 0;
            case Op.DistillationLoss o -> 0;
            case Op.MeanSquaredError o -> 0;
            case Op.SgdUpdate o -> 0;
            case Op.AdamWUpdate o -> 0;
            case Op.EmaUpdate o -> 0;
            case Op.ClipFactor o -> 0;
            case Op.LossScaleUpdate o -> 0;
        };
    }

    private static long convMacs(Shape dst, Shape weight) {
        return dst.elements() / weight.dim(0) * weight.elements();
    }

    /** Variables that an op reads as parameters; statistics and what an update changes are not. */
    private static List<Value> trainable(Node n) {
        int roles = switch (n.op()) {
            case Op.BatchNorm o -> 3;
            case Op.BatchNormInference o -> 3;
            case Op.Dropout o -> 1;
            case Op.ScaleBy o -> 1;
            default -> Graph.changesState(n.op()) ? 0 : n.inputs().size();
        };
        return n.inputs().subList(0, roles).stream()
                .filter(v -> v.node().op() instanceof Op.Variable)
                .distinct()
                .toList();
    }

    private static long bytes(Node n) {
        if (n.op() instanceof Op.Reshape) {
            return 0;
        }
        long written = n.op() instanceof Op.Input || n.op() instanceof Op.Variable
                ? 0
                : n.outputs().stream().mapToLong(TensorSpec::bytes).sum();
        long changed = IntStream.of(Graph.changedInputs(n.op()))
                .mapToLong(i -> n.input(i).spec().bytes())
                .sum();
        return n.inputs().stream().mapToLong(v -> v.spec().bytes()).sum() + written + changed;
    }

    private static long elements(Iterable<Value> values) {
        long sum = 0;
        for (Value v : values) {
            sum += v.shape().elements();
        }
        return sum;
    }
}
