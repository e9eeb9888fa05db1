package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Plan;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.graph.Graph;
import donna.graph.Op;
import donna.tensor.Tensor;
import donna.tensor.TensorSpec;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The simulated cuBLASLt offers one long sum, then a way that it refuses to run, then two half sums, which take a third of the time. */
@ExtendWith(NeedsCudaSimulator.class)
class FastestProductsTest {
    private static final TensorSpec THREE = TensorSpec.f32(1, 3);

    /** 2^24 + 1 + 1 from left to right, where each 1 is lost. */
    private static final double IN_ONE_SUM = 0x1p24;

    /** 2^24 + (1 + 1). */
    private static final double IN_HALVES = 0x1p24 + 2;

    @TempDir
    private Path folder;

    private String before;

    @BeforeEach
    void useTheFolder() {
        CudaSimulator.clear();
        before = System.setProperty(DiskCache.PROPERTY, folder.toString());
    }

    @AfterEach
    void nothingWasWrong() {
        if (before == null) {
            System.clearProperty(DiskCache.PROPERTY);
        } else {
            System.setProperty(DiskCache.PROPERTY, before);
        }
        assertEquals(List.of(), CudaSimulator.findings());
    }

    private static double sum(Device device) {
        Graph.Builder g = new Graph.Builder();
        g.output("dst", g.add(new Op.Linear(false), g.input("src", THREE), g.variable("weight", THREE)));
        try (Plan plan = device.compile(g.build());
                Tensor src = device.tensor(THREE);
                Tensor weight = device.tensor(THREE);
                Tensor dst = device.tensor(TensorSpec.f32(1, 1));
                Stream stream = device.openStream()) {
            src.set(new double[] {0x1p24, 1, 1});
            weight.fill(1);
            plan.bindAll(Map.of("src", src, "weight", weight, "dst", dst));
            plan.run(stream);
            stream.synchronize();
            return dst.item();
        }
    }

    private static double sum(boolean fast) {
        try (Device device = new CudaBackend().open(0, Precision.F32, fast)) {
            double sum = sum(device);
            assertEquals(0, device.bytesInUse());
            return sum;
        }
    }

    private List<Path> kept() throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(f -> f.toString().endsWith(".algorithm")).toList();
        }
    }

    @Test
    void onlyAFastDeviceTakesAnotherThanTheLibrarysFirst() throws IOException {
        assertEquals(IN_ONE_SUM, sum(false));
        assertEquals(List.of(), kept());
        assertEquals(IN_HALVES, sum(true));
        assertEquals("2", Files.readString(kept().getFirst()));
    }

    @Test
    void whatWasMeasuredOnceIsTakenAgain() throws IOException {
        sum(true);
        Files.writeString(kept().getFirst(), "0");
        assertEquals(IN_ONE_SUM, sum(true));
    }

    @Test
    void whatNamesNoAlgorithmIsMeasuredAnew() throws IOException {
        sum(true);
        for (String text : List.of("3", "-1", "", "two", "99999999999")) {
            Files.writeString(kept().getFirst(), text);
            assertEquals(IN_HALVES, sum(true), text);
            assertEquals("2", Files.readString(kept().getFirst()));
        }
    }

    @Test
    void whatIsGivenUpIsSaid() {
        List<String> lines = new ArrayList<>();
        try (Device device = Backends.open("cuda", Precision.BF16, true, lines::add)) {
            assertTrue(device.name().endsWith("bf16, fast)"), device.name());
        }
        assertTrue(lines.getFirst().contains("; fast: matrix products take the algorithm that was the fastest"), lines.toString());
    }
}
