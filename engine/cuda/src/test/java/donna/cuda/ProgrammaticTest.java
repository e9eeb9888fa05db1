package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
import donna.tensor.DonnaException;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
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
        System.clearProperty(Programmatic.PROPERTY);
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

    private double[] run(String mode) {
        System.setProperty(Programmatic.PROPERTY, mode);
        return run(true);
    }

    @Test
    void theFirstKernelOfARunWaitsForAllAndTheOthersComeOntoTheCardEarly() {
        run(true);
        assertEquals(List.of(KERNEL, EARLY, PRODUCT, EARLY, EARLY), calls);
    }

    @Test
    void thePropertyTakesBackWhatFollowsProductsOrAll() {
        double[] all = run("all");
        calls.clear();
        assertArrayEquals(all, run("kernels"));
        assertEquals(List.of(KERNEL, EARLY, PRODUCT, KERNEL, EARLY), calls);
        calls.clear();
        assertArrayEquals(all, run("off"));
        assertEquals(List.of(KERNEL, KERNEL, PRODUCT, KERNEL, KERNEL), calls);
    }

    @Test
    void bindingsWithoutSuchLaunchesDoWithoutThem() {
        run(false);
        assertEquals(List.of(KERNEL, KERNEL, PRODUCT, KERNEL, KERNEL), calls);
    }

    @Test
    void anUnknownModeIsRefused() {
        System.setProperty(Programmatic.PROPERTY, "some");
        DonnaException.InvalidInput e = assertThrows(DonnaException.InvalidInput.class, () -> new CudaBackend().open(0));
        assertEquals("-Ddonna.cuda.programmatic=some: expected off, kernels or all; leave it out for all", e.getMessage());
    }
}
