package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.ffi.CublasLt;
import donna.ffi.CudaBindings;
import donna.ffi.CudaDriver;
import donna.graph.Graph;
import donna.graph.Op;
import donna.graph.Value;
import donna.tensor.Activation;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which kernels are launched programmatically, on the simulator, which refuses such a launch after anything but a kernel or a product. */
@ExtendWith(NeedsCudaSimulator.class)
class ProgrammaticTest {
    private static final TensorSpec MATRIX = TensorSpec.f32(8, 8);
    /** Nodes that are worth a branch of their own. */
    private static final int OWN_BRANCH = 20;

    private static final String KERNEL = "cuLaunchKernel";
    private static final String EARLY = "cuLaunchKernelEx";
    private static final String PRODUCT = "cublasLtMatmul";
    private static final List<String> QUEUED = List.of(KERNEL, EARLY, PRODUCT);

    private final List<String> calls = new ArrayList<>();

    @BeforeEach
    void begin() {
        CudaSimulator.clear();
    }

    @AfterEach
    void end() {
        assertEquals(List.of(), CudaSimulator.findings());
    }

    /** {@code target}, of whose calls the results may be changed and those that queue work are listed. */
    private <T> T seen(Class<T> type, T target, UnaryOperator<Object> change) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
            if (QUEUED.contains(method.getName())) {
                calls.add(method.getName());
            }
            try {
                return change.apply(method.invoke(target, arguments));
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    private CudaBindings bindings(boolean withAttributes) {
        return seen(CudaBindings.class, new CudaSimulator(), result -> switch (result) {
            case CudaDriver d -> seen(CudaDriver.class, d, UnaryOperator.identity());
            case CublasLt l -> seen(CublasLt.class, l, UnaryOperator.identity());
            case Boolean b -> withAttributes;
            default -> result;
        });
    }

    /** Two kernels, a product, two kernels; run one by one, and from a graph. */
    private double[] run(boolean withAttributes) {
        Graph.Builder g = new Graph.Builder();
        Value before = g.add(new Op.Activate(Activation.RELU), g.add(new Op.Activate(Activation.SWISH), g.input("src", MATRIX)));
        Value product = g.add(new Op.Linear(false), before, g.variable("weight", MATRIX));
        Value after = g.add(new Op.Activate(Activation.RELU), g.add(new Op.Activate(Activation.SWISH), product));
        try (Device device = new CudaBackend(() -> bindings(withAttributes)).open(0, Precision.F32);
                Plan plan = device.compile(g.output("product", product).output("dst", after).build());
                Tensor src = device.tensor(MATRIX);
                Tensor weight = device.tensor(MATRIX);
                Tensor middle = device.tensor(MATRIX);
                Tensor dst = device.tensor(MATRIX);
                Stream stream = device.openStream()) {
            src.fill(1);
            weight.fill(0.5);
            plan.bindAll(Map.of("src", src, "weight", weight, "product", middle, "dst", dst));
            plan.run(stream);
            List<String> first = List.copyOf(calls);
            calls.clear();
            plan.run(stream);
            assertEquals(first, calls);
            return dst.toDoubles();
        }
    }

    @Test
    void theFirstKernelOfARunWaitsForAllAndTheOthersComeOntoTheCardEarly() {
        run(true);
        assertEquals(List.of(KERNEL, EARLY, PRODUCT, EARLY, EARLY), calls);
    }

    @Test
    void bindingsWithoutSuchLaunchesDoWithoutThemAndGiveTheSame() {
        double[] early = run(true);
        calls.clear();
        assertArrayEquals(early, run(false));
        assertEquals(List.of(KERNEL, KERNEL, PRODUCT, KERNEL, KERNEL), calls);
    }

    @Test
    void kernelsOfBranchesWaitOffTheCard() {
        Graph.Builder g = new Graph.Builder();
        for (String branch : List.of("a", "b")) {
            Value weight = g.variable(branch, MATRIX);
            Value x = g.add(new Op.Linear(false), g.input("src of " + branch, MATRIX), weight);
            for (int i = 0; i < OWN_BRANCH; i++) {
                x = g.add(new Op.Activate(Activation.SWISH), x);
            }
            g.output(branch + "'s", x);
        }
        try (Device device = new CudaBackend(() -> bindings(true)).open(0, Precision.F32);
                Plan plan = device.compile(g.build());
                Stream stream = device.openStream()) {
            Map<String, Tensor> tensors = new HashMap<>();
            for (String name : List.of("a", "b", "src of a", "src of b", "a's", "b's")) {
                tensors.put(name, device.tensor(MATRIX));
                tensors.get(name).fill(1);
            }
            plan.bindAll(tensors);
            plan.run(stream);
            calls.clear();
            plan.run(stream);
            stream.synchronize();
            tensors.values().forEach(Tensor::close);
            assertTrue(plan.describe().contains("branches side by side"), plan.describe());
        }
        assertEquals(2 + 2 * OWN_BRANCH, calls.size());
        assertFalse(calls.contains(EARLY), calls.toString());
    }
}
