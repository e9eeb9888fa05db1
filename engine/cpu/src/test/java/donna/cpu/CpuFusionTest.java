package donna.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import donna.cpu.kernel.Lanes;
import donna.graph.Gradient;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which ops run in fewer passes over memory, or in other arithmetic, and that their results are those of the reference. */
class CpuFusionTest {
    private Device device;
    private Stream stream;

    @BeforeEach
    void open() {
        device = new CpuBackend().open(0);
        stream = device.openStream();
    }

    @AfterEach
    void close() {
        stream.close();
        assertEquals(0, device.bytesInUse());
        device.close();
    }

    /** Batch norm, depthwise convolution, batch norm of {@code size} times {@code size} pixels, and their gradients. */
    private Graph chain(int size, Activation act) {
        Graph.Builder g = new Graph.Builder();
        Value src = g.input("src", TensorSpec.f32(1, 16, size, size).with(device.preferredLayout()));
        Value weight = g.variable("weight", TensorSpec.f32(16, 1, 3, 3));
        Value inner = norm(g, "before", src, act);
        Value dst = norm(g, "after", g.add(Op.Conv2d.plain(ConvGeometry.same(3, 1, 16)), inner, weight), act);
        Value loss = g.add(new Op.NsrLoss(), dst, g.input("target", dst.spec()), g.input("inverseVariance", TensorSpec.f32(16)));
        Map<Value, Value> gradients = Gradient.of(g, loss, List.of(weight, src));
        return g.output("dWeight", gradients.get(weight)).output("dSrc", gradients.get(src)).output("loss", loss).build();
    }

    /** Outputs d0, d1 ...: the gradients of what is wanted. */
    private static void gradients(Graph.Builder g, Value dst, List<Value> wanted) {
        Value loss = g.add(new Op.NsrLoss(), dst, g.input("target", dst.spec()), g.input("inverseVariance", TensorSpec.f32(dst.shape().dim(1))));
        Map<Value, Value> gradients = Gradient.of(g, loss, wanted);
        wanted.forEach(v -> g.output("d" + wanted.indexOf(v), gradients.get(v)));
    }

    private static Value norm(Graph.Builder g, String name, Value src, Activation act) {
        List<Value> in = new ArrayList<>(List.of(src));
        for (String p : List.of("gamma", "beta", "mean", "var")) {
            in.add(g.variable(name + "." + p, TensorSpec.f32(src.shape().dim(1))));
        }
        in.add(g.input(name + ".momentum", TensorSpec.f32(1)));
        return g.node(new Op.BatchNorm(1e-5f, act, false), in).output(0);
    }

    @Test
    void theMiddleOfAnMbconvRunsInFusedPassesWhereItsPlanesAndActivationAreMadeForThem() {
        int largest = (int) Math.sqrt(262_144.0 / Lanes.BYTES);
        assertEquals(2, fusedSteps(chain(14, Activation.SWISH)));
        assertEquals(2, fusedSteps(chain(largest, Activation.RELU6)));
        assertEquals(0, fusedSteps(chain(largest + 1, Activation.RELU6)));
        assertEquals(0, fusedSteps(chain(14, Activation.GELU)));
    }

    private long fusedSteps(Graph graph) {
        return steps(graph, "norm+depthwise");
    }

    private long steps(Graph graph, String text) {
        try (Plan plan = device.compile(graph)) {
            return plan.describe().lines().filter(l -> l.contains(text)).count();
        }
    }

    /** A 1x1 convolution from {@code channels} to 16, and a chain behind it. */
    private static Graph expanded(Device device, int images, int channels, int size, boolean isFirst) {
        Graph.Builder g = new Graph.Builder();
        Value src = g.input("src", TensorSpec.f32(images, channels, size, size).with(device.preferredLayout()));
        Value wide = g.variable("expand", TensorSpec.f32(16, channels, 1, 1));
        Value weight = g.variable("weight", TensorSpec.f32(16, 1, 3, 3));
        Value inner = norm(g, "before", g.add(Op.Conv2d.plain(ConvGeometry.POINTWISE), src, wide), Activation.RELU6);
        Value dst = norm(g, "after", g.add(Op.Conv2d.plain(ConvGeometry.same(3, 1, 16)), inner, weight), Activation.RELU6);
        gradients(g, dst, isFirst ? List.of(weight, wide) : List.of(weight, wide, src));
        return g.build();
    }

    @Test
    void anExpansionOfAFewChannelsOrOfALargeImageIsFormedInTheMiddlesPasses() {
        for (boolean first : new boolean[] {true, false}) {
            assertExpansionIsFormed(true, expanded(device, 2, 16, 8, first));
            assertExpansionIsFormed(false, expanded(device, 2, 17, 8, first));
            assertExpansionIsFormed(true, expanded(device, 16, 17, 64, first));
            assertExpansionIsFormed(true, expanded(device, 16, 27, 64, first));
            assertExpansionIsFormed(false, expanded(device, 16, 28, 64, first));
            assertExpansionIsFormed(true, expanded(device, 64, 48, 64, first));
            assertExpansionIsFormed(false, expanded(device, 64, 49, 64, first));
        }
    }

    private void assertExpansionIsFormed(boolean expected, Graph graph) {
        assertEquals(expected ? 1 : 0, steps(graph, "1x1+norm+depthwise+moments"));
        assertEquals(expected ? 1 : 0, steps(graph, "1x1+norm+depthwise+norm"));
        assertEquals(expected ? 0 : 1, steps(graph, "Conv2dBackwardWeight"));
    }

    /** Tensors for all bindings of {@code plan}, which they are bound to, with numbers from {@code seed}. */
    private static Map<String, Tensor> random(Device device, Plan plan, long seed) {
        Map<String, Tensor> tensors = new HashMap<>();
        Random random = new Random(seed);
        new TreeMap<>(plan.graph().bindings()).forEach((name, s) -> {
            tensors.put(name, device.tensor(s));
            tensors.get(name).set(random.doubles(s.shape().elements(), -1, 1).toArray());
        });
        plan.bindAll(tensors);
        return tensors;
    }

    @Test
    void anExpansionSeesASourceThatAnotherPlanHasWritten() {
        Graph.Builder g = new Graph.Builder();
        TensorSpec spec = TensorSpec.f32(2, 16, 8, 8).with(device.preferredLayout());
        g.output("src", g.add(new Op.Scale(2), g.input("half", spec)), device.preferredLayout());
        double[] values = new Random(6).doubles(spec.shape().elements(), -1, 1).toArray();
        try (Plan writer = device.compile(g.build());
                Plan plan = device.compile(expanded(device, 2, 16, 8, true));
                Tensor half = device.tensor(spec)) {
            Map<String, Tensor> tensors = random(device, plan, 5);
            writer.bind("half", half);
            writer.bind("src", tensors.get("src"));
            half.set(values);
            writer.run(stream);
            plan.run(stream);
            half.set(Arrays.stream(values).map(v -> v * v).toArray());
            writer.run(stream);
            plan.run(stream);
            double[] seen = tensors.get("d1").toDoubles();
            tensors.get("src").set(Arrays.stream(values).map(v -> 2 * v * v).toArray());
            plan.run(stream);
            assertArrayEquals(tensors.get("d1").toDoubles(), seen);
            tensors.values().forEach(Tensor::close);
        }
    }

    /** One so large that it is formed in the middle's passes although its source has several blocks of channels, and one whose gradient takes its result's place. */
    @Test
    void anExpansionOfManyChannelsIsWhatTheReferenceSays() {
        assertOutputs(3, on -> expanded(on, 16, 17, 64, false));
        assertOutputs(3, on -> expanded(on, 2, 24, 8, false));
    }

    /** Compares the outputs d0, d1 ... of a graph with the reference backend's. */
    private static void assertOutputs(int count, Function<Device, Graph> graph) {
        double[][] expected = gradients(new ReferenceBackend().open(0), count, graph);
        double[][] actual = gradients(new CpuBackend().open(0), count, graph);
        for (int i = 0; i < count; i++) {
            Tolerance.ofTraining().check("d" + i, expected[i], actual[i]);
        }
    }

    private static double[][] gradients(Device on, int count, Function<Device, Graph> graph) {
        try (on;
                Stream s = on.openStream();
                Plan plan = on.compile(graph.apply(on))) {
            Map<String, Tensor> tensors = random(on, plan, 7);
            if (tensors.containsKey("bias")) {
                int channels = Math.toIntExact(tensors.get("bias").spec().shape().elements());
                tensors.get("bias").set(IntStream.range(0, channels).mapToDouble(c -> 1.5 * (c - channels / 2)).toArray());
            }
            plan.run(s);
            s.synchronize();
            double[][] all = IntStream.range(0, count).mapToObj(i -> tensors.get("d" + i).toDoubles()).toArray(double[][]::new);
            tensors.values().forEach(Tensor::close);
            return all;
        }
    }

    @Test
    void ourDepthwiseKernelsTakeSquareWindowsOnly() {
        for (int width : new int[] {3, 5}) {
            Graph.Builder g = new Graph.Builder();
            Value src = g.input("src", TensorSpec.f32(1, 16, 8, 8).with(device.preferredLayout()));
            Value weight = g.variable("weight", TensorSpec.f32(16, 1, 3, width));
            Graph graph = g.output("dst", g.add(Op.Conv2d.plain(new ConvGeometry(1, 1, 1, 16)), src, weight)).build();
            assertEquals(width == 3 ? 1 : 0, steps(graph, "vector depthwise"));
        }
    }

    @Test
    void dense3x3ConvolutionsRunInTilesWhereThatSavesProducts() {
        for (TilesCase c : List.of(
                new TilesCase(1, 4, 24, 8, ConvGeometry.same(3, 1, 1)),
                new TilesCase(1, 4, 24, 7, ConvGeometry.same(3, 1, 1)),
                new TilesCase(0, 4, 16, 8, ConvGeometry.same(3, 1, 1)),
                new TilesCase(0, 1, 24, 8, ConvGeometry.same(3, 1, 1)),
                new TilesCase(0, 8, 24, 3, ConvGeometry.same(3, 1, 1)),
                new TilesCase(0, 4, 24, 8, ConvGeometry.same(3, 2, 1)),
                new TilesCase(0, 4, 24, 9, new ConvGeometry(1, 2, 2, 1)))) {
            Graph.Builder g = new Graph.Builder();
            Value src = g.input("src", TensorSpec.f32(c.images, c.channels, c.size, c.size).with(device.preferredLayout()));
            Value weight = g.variable("weight", TensorSpec.f32(24, c.channels, 3, 3));
            Graph graph = g.output("dst", g.add(Op.Conv2d.plain(c.geometry), src, weight)).build();
            assertEquals(c.expected, steps(graph, "vector winograd 2x2"), c.toString());
        }
    }

    private record TilesCase(int expected, int images, int channels, int size, ConvGeometry geometry) {}

    /** Squeeze and excite with given gates for its channels, of which some are 0 and some 1 by {@code HSIGMOID}. */
    private static Graph gated(Device device, Activation act, boolean imageIsOutput, boolean imageIsInput) {
        Graph.Builder g = new Graph.Builder();
        Value src = g.input("src", TensorSpec.f32(3, 20, 5, 5).with(device.preferredLayout()));
        Value image = imageIsInput ? src : g.add(new Op.Activate(Activation.SWISH), src);
        Value weight = g.variable("weight", TensorSpec.f32(20, 20));
        Value bias = g.variable("bias", TensorSpec.f32(20));
        Value gate = g.add(new Op.Activate(act), g.add(new Op.Linear(true), g.add(new Op.GlobalAveragePool(), image), weight, bias));
        Value dst = g.add(new Op.ChannelScale(), image, gate);
        gradients(g, dst, List.of(src, weight, bias));
        if (imageIsOutput) {
            g.output("image", image);
        }
        return g.build();
    }

    @Test
    void aScaledImageTakesTheUnscaledOnesPlaceWhereOnlyTheGatesGradientNeedsThat() {
        for (Activation act : List.of(Activation.SIGMOID, Activation.HSIGMOID)) {
            assertEquals(1, steps(gated(device, act, false, false), "vector over gate"));
            assertEquals(0, steps(gated(device, act, true, false), "vector over gate"));
            assertEquals(0, steps(gated(device, act, false, true), "vector over gate"));
            assertOutputs(3, on -> gated(on, act, false, false));
        }
        assertEquals(0, steps(gated(device, Activation.SWISH, false, false), "vector over gate"));
    }

    /** A 3x3 convolution, batch norm, a {@code kernel} times {@code kernel} convolution and another norm; a megabyte between them if {@code size} is 16. */
    private static Graph fused(Device device, Activation act, int size, int kernel, int out, boolean innerIsOutput) {
        Graph.Builder g = new Graph.Builder();
        Value src = g.input("src", TensorSpec.f32(16, 24, size, size).with(device.preferredLayout()));
        Value weight = g.variable("weight", TensorSpec.f32(72, 24, 3, 3));
        Value project = g.variable("project", TensorSpec.f32(out, 72, kernel, kernel));
        Value inner = norm(g, "norm", g.add(Op.Conv2d.plain(ConvGeometry.same(3, 1, 1)), src, weight), act);
        Value dst = norm(g, "behind", g.add(Op.Conv2d.plain(ConvGeometry.same(kernel, 1, 1)), inner, project), Activation.NONE);
        gradients(g, dst, List.of(weight, project, src, inner.node().input(1), inner.node().input(2)));
        if (innerIsOutput) {
            g.output("inner", inner);
        }
        return g.build();
    }

    @Test
    void aLargeClampedActivationIsFormedAgainForTheWeightsGradient() {
        assertEquals(1, steps(fused(device, Activation.RELU6, 16, 3, 40, false), "norm again"));
        assertEquals(0, steps(fused(device, Activation.RELU6, 15, 3, 40, false), "norm again"));
        assertEquals(0, steps(fused(device, Activation.RELU6, 16, 3, 40, true), "norm again"));
        assertEquals(0, steps(fused(device, Activation.SWISH, 16, 3, 40, false), "norm again"));
        assertOutputs(5, on -> fused(on, Activation.RELU6, 16, 3, 40, false));
    }

    @Test
    void whatANormMakesForAProjectionIsNotStored() {
        for (Activation act : List.of(Activation.RELU, Activation.RELU6, Activation.SWISH, Activation.HSWISH)) {
            assertProjectionIsFused(true, fused(device, act, 16, 1, 40, false));
            assertProjectionIsFused(false, fused(device, act, 15, 1, 40, false));
            assertProjectionIsFused(false, fused(device, act, 16, 1, 40, true));
            assertOutputs(5, on -> fused(on, act, 16, 1, 40, false));
        }
        assertProjectionIsFused(false, fused(device, Activation.GELU, 16, 1, 40, false));
        assertProjectionIsFused(true, fused(device, Activation.SWISH, 16, 1, 64, false));
        assertProjectionIsFused(false, fused(device, Activation.SWISH, 16, 1, 65, false));
        int largest = (int) Math.sqrt(65_536.0 / Lanes.BYTES);
        assertProjectionIsFused(true, fused(device, Activation.SWISH, largest, 1, 40, false));
        assertProjectionIsFused(false, fused(device, Activation.SWISH, largest + 1, 1, 40, false));
    }

    private void assertProjectionIsFused(boolean expected, Graph graph) {
        assertEquals(expected ? 1 : 0, steps(graph, "+moments"));
        assertEquals(expected ? 1 : 0, steps(graph, " 1x1+norm "));
        assertEquals(expected ? 1 : 2, steps(graph, "Conv2dBackwardWeight"));
        assertEquals(expected ? 1 : 0, steps(graph, "vector statistics, moments given"));
        assertEquals(expected ? 2 : 1, steps(graph, "moments given"));
    }

    /** A batch norm whose result of two megabytes only an expansion reads that is formed in the passes of the chain behind it. */
    private static Graph normBeforeExpansion(Device device, boolean trains) {
        Graph.Builder g = new Graph.Builder();
        Value src = g.input("src", TensorSpec.f32(32, 16, 32, 32).with(device.preferredLayout()));
        Value wide = g.variable("expand", TensorSpec.f32(40, 16, 1, 1));
        Value weight = g.variable("weight", TensorSpec.f32(40, 1, 3, 3));
        Value stem = norm(g, "stem", src, Activation.RELU6);
        Value inner = norm(g, "before", g.add(Op.Conv2d.plain(ConvGeometry.POINTWISE), stem, wide), Activation.RELU6);
        Value dst = norm(g, "after", g.add(Op.Conv2d.plain(ConvGeometry.same(3, 2, 40)), inner, weight), Activation.RELU6);
        if (trains) {
            gradients(g, dst, List.of(weight, wide, src));
        } else {
            g.output("d0", dst, device.preferredLayout());
        }
        return g.build();
    }

    @Test
    void anExpansionThatIsFormedReadsWhatTheNormBeforeItHasStored() {
        for (boolean trains : new boolean[] {true, false}) {
            assertEquals(1, steps(normBeforeExpansion(device, trains), "+moments"));
            assertEquals(1, steps(normBeforeExpansion(device, trains), "1x1+norm+depthwise+moments"));
            assertOutputs(trains ? 3 : 1, on -> normBeforeExpansion(on, trains));
        }
    }

    /** Squeeze and excite, a 1x1 convolution and a norm; the scaled image is larger than a megabyte if {@code size} is 16. */
    private static Graph gatedProjection(Device device, int size, boolean scaledIsOutput) {
        Graph.Builder g = new Graph.Builder();
        Value src = g.input("src", TensorSpec.f32(16, 72, size, size).with(device.preferredLayout()));
        Value image = g.add(new Op.Activate(Activation.SWISH), src);
        Value weight = g.variable("weight", TensorSpec.f32(72, 72));
        Value bias = g.variable("bias", TensorSpec.f32(72));
        Value gate = g.add(new Op.Activate(Activation.SIGMOID), g.add(new Op.Linear(true), g.add(new Op.GlobalAveragePool(), image), weight, bias));
        Value scaled = g.add(new Op.ChannelScale(), image, gate);
        Value project = g.variable("project", TensorSpec.f32(40, 72, 1, 1));
        Value dst = norm(g, "behind", g.add(Op.Conv2d.plain(ConvGeometry.POINTWISE), scaled, project), Activation.NONE);
        gradients(g, dst, List.of(src, weight, bias, project));
        if (scaledIsOutput) {
            g.output("scaled", scaled);
        }
        return g.build();
    }

    @Test
    void whatAGateMakesForAProjectionIsNotStored() {
        for (boolean output : new boolean[] {false, true}) {
            assertEquals(output ? 0 : 1, steps(gatedProjection(device, 16, output), "gate+"));
            assertEquals(output ? 0 : 1, steps(gatedProjection(device, 16, output), " 1x1+gate "));
            assertEquals(output ? 0 : 1, steps(gatedProjection(device, 16, output), "moments given"));
            assertEquals(0, steps(gatedProjection(device, 15, output), "gate+"));
        }
        assertOutputs(4, on -> gatedProjection(on, 16, false));
    }

    /** What inference has of an MBConv layer, with 40 channels in the middle of {@code images} images; two thirds of a megabyte if there are four. */
    private static Graph folded(Device device, int images, Activation act, boolean bias, boolean innerIsOutput) {
        Graph.Builder g = new Graph.Builder();
        Value src = g.input("src", TensorSpec.f32(images, 20, 32, 32).with(device.preferredLayout()));
        List<Value> first = new ArrayList<>(List.of(src, g.variable("expand", TensorSpec.f32(40, 20, 1, 1))));
        List<Value> second = new ArrayList<>(List.of(g.variable("weight", TensorSpec.f32(40, 1, 5, 5))));
        if (bias) {
            first.add(g.variable("bias", TensorSpec.f32(40)));
            second.add(g.variable("shift", TensorSpec.f32(40)));
        }
        Value inner = g.node(new Op.Conv2d(ConvGeometry.POINTWISE, bias, act, false), first).output(0);
        second.addFirst(inner);
        g.output("d0", g.node(new Op.Conv2d(ConvGeometry.same(5, 2, 40), bias, act, false), second).output(0));
        if (innerIsOutput) {
            g.output("inner", inner);
        }
        return g.build();
    }

    @Test
    void aLargeExpansionOfInferenceIsNotStored() {
        for (Activation act : List.of(Activation.NONE, Activation.RELU6, Activation.SWISH, Activation.SIGMOID)) {
            assertEquals(1, steps(folded(device, 4, act, true, false), "1x1+depthwise"));
            assertEquals(0, steps(folded(device, 3, act, true, false), "1x1+depthwise"));
            assertEquals(0, steps(folded(device, 4, act, true, true), "1x1+depthwise"));
            assertOutputs(1, on -> folded(on, 4, act, true, false));
            assertOutputs(1, on -> folded(on, 4, act, false, false));
        }
    }
}
