package donna.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Device;
import donna.backend.Stream;
import donna.backend.reference.ReferenceBackend;
import donna.graph.Cost;
import donna.graph.Mask;
import donna.nn.ParameterSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.tensor.Tensor;
import donna.train.Inference;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against PyTorch's modules of the same names: goldens.py beside goldens.txt made the numbers. */
class ReferenceModelsTest {
    /** What goldens.py writes of one model. */
    record Golden(String name, long params, long macs, String digest, double[] logits) {
        ReferenceModels.Options options() {
            return new ReferenceModels.Options(0, 0, name.endsWith(" 1.4") ? 1.4 : 0, 0, 0);
        }

        ReferenceModel model(ReferenceModels.Options options) {
            return ReferenceModels.of(name.split(" ")[0], options);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Golden> goldens() throws IOException {
        try (BufferedReader in = new BufferedReader(
                new InputStreamReader(ReferenceModelsTest.class.getResourceAsStream("goldens.txt"), StandardCharsets.UTF_8))) {
            return in.lines().map(l -> l.split("\t")).map(p -> new Golden(
                            p[0], Long.parseLong(p[1]), Long.parseLong(p[2]), p[3], Arrays.stream(p[4].split(" ")).mapToDouble(Double::parseDouble).toArray()))
                    .toList();
        }
    }

    @Test
    void everyModelHasGoldens() throws IOException {
        assertEquals(ReferenceModels.names(), goldens().stream().map(g -> g.name().split(" ")[0]).collect(Collectors.toSet()));
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void parametersAndMacsAreExact(Golden g) throws Exception {
        ReferenceModel model = g.model(g.options());
        Cost cost = model.cost();
        assertEquals(g.params(), cost.params(), "parameters");
        assertEquals(g.macs(), cost.macs(), "MACs");
        String names = model.parameters().stream().map(p -> p.name() + " " + p.shape()).sorted().collect(Collectors.joining("\n"));
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(names.getBytes(StandardCharsets.UTF_8));
        assertEquals(g.digest(), HexFormat.of().formatHex(digest), () -> "other names or shapes than PyTorch's:\n" + names);
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void logitsArePyTorchs(Golden g) {
        int size = g.name().startsWith("cifar") ? 32 : 64;
        ReferenceModel model = g.model(g.options().withImageSize(size).withClasses(10));
        Map<String, float[]> values = new HashMap<>();
        model.parameters().forEach(p -> values.put(p.name(), values(p)));
        float[] images = floats(uniform("images", 2 * 3 * size * size));
        double[] logits;
        try (Device device = new ReferenceBackend().open(0);
                Stream stream = device.openStream();
                Inference net = new Inference(device, model.network(model.automaticCuts()), values, model.image(), 2, false);
                Tensor in = device.tensor(net.bindings().get(Inference.IMAGES));
                Tensor out = device.tensor(net.bindings().get(Inference.LOGITS))) {
            in.set(images);
            net.bind(Inference.IMAGES, in);
            net.bind(Inference.LOGITS, out);
            net.run(stream);
            stream.synchronize();
            logits = out.toDoubles();
        }
        double largest = Arrays.stream(g.logits()).map(Math::abs).max().orElseThrow();
        double worst = 0;
        for (int i = 0; i < logits.length; i++) {
            worst = Math.max(worst, Math.abs(logits[i] - g.logits()[i]));
        }
        System.out.printf("%-20s %,12d parameters %,14d MACs, logits up to %.3g, largest difference %.2g%n", g.name(), g.params(), g.macs(), largest, worst);
        assertTrue(worst <= 2e-5 * largest, g.name() + ": logits differ by " + worst + ", the largest is " + largest);
    }

    private static double[] uniform(String name, int n) {
        long hash = 0xcbf29ce484222325L;
        for (char c : name.toCharArray()) {
            hash = (hash ^ c) * 0x100000001b3L;
        }
        long key = Mask.mix(hash);
        double[] out = new double[n];
        for (int i = 0; i < n; i++) {
            out[i] = (Mask.mix(key ^ i) >>> 48) / 32768.0 - 1;
        }
        return out;
    }

    private static float[] values(ParameterSpec p) {
        Shape s = p.shape();
        double[] u = uniform(p.name(), Math.toIntExact(s.elements()));
        for (int i = 0; i < u.length; i++) {
            if (p.name().endsWith("running_var")) {
                u[i] = 1 + 0.5 * u[i];
            } else if (p.name().endsWith("running_mean") || p.name().endsWith("bias")) {
                u[i] = 0.1 * u[i];
            } else if (s.rank() == 1) {
                u[i] = 1 + 0.1 * u[i];
            } else {
                u[i] = u[i] * Math.sqrt(4.0 / (s.elements() / s.dim(0)));
            }
        }
        return floats(u);
    }

    private static float[] floats(double[] values) {
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (float) values[i];
        }
        return out;
    }

    @Test
    void automaticCutsFollowTheStride() {
        ReferenceModel m = ReferenceModels.of("mobilenet_v2", ReferenceModels.Options.PUBLISHED);
        assertEquals(List.of("blocks.0.0", "blocks.1.0", "blocks.2.0", "blocks.3.0", "blocks.5.0"), m.automaticCuts());
        assertEquals(
                List.of(Shape.of(32, 112, 112), Shape.of(16, 112, 112), Shape.of(24, 56, 56), Shape.of(32, 28, 28), Shape.of(96, 14, 14), Shape.of(320, 7, 7)),
                Inference.boundaryShapes(m.network(m.automaticCuts()), m.image()));
    }

    @Test
    void cutsByNameAreCheckedByName() {
        ReferenceModel m = ReferenceModels.of("cifar_resnet20", ReferenceModels.Options.PUBLISHED);
        assertEquals(2, m.network(List.of("layer1.0", "layer3.1")).blocks().size());
        for (List<String> wrong : List.of(List.of("layer2.0"), List.of("layer1.0", "layer4.0"), List.of("layer1.0", "layer3.0", "layer2.0"))) {
            String message = assertThrows(DonnaException.InvalidInput.class, () -> m.network(wrong)).getMessage();
            assertTrue(message.contains(wrong.getLast()) && message.contains("layer3.2"), message);
        }
    }

    @Test
    void anUnknownNameIsAnsweredWithTheKnownOnes() {
        String message = assertThrows(DonnaException.InvalidInput.class, () -> ReferenceModels.of("resnet19", ReferenceModels.Options.PUBLISHED)).getMessage();
        assertTrue(message.contains("'resnet19'") && message.contains("resnet18"), message);
    }
}
