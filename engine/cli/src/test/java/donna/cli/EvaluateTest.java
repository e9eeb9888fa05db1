package donna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import donna.spec.Json;
import donna.testkit.SharedData;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code donna evaluate} of reference models. */
class EvaluateTest {
    @TempDir
    static Path cache;

    private final CapturedConsole captured = new CapturedConsole(false);

    private int run(String... args) {
        return Main.run(captured.console, args);
    }

    private static Path shared(String name) {
        Optional<Path> file = SharedData.find(name);
        assumeTrue(file.isPresent(), name + " not found under ../shared/data or DONNA_SHARED");
        return file.get();
    }

    /** The accuracies that PyTorch measures with the same files. */
    @ParameterizedTest
    @CsvSource({"cifar_resnet20, teachers/resnet20-12fca82f.th, 0.8103", "cifar_resnet56, teachers/resnet56-4bfd9763.th, 0.8320"})
    void trainedResNetsAreAsAccurateAsInPyTorch(String model, String weights, double expected) {
        String data = shared("cifar10-images.tar.gz").toString();
        assertEquals(0, run("evaluate", model, "--weights", shared(weights).toString(), "--data", data, "--cache", cache.toString(), "--json"), captured.err());
        Map<?, ?> accuracy = (Map<?, ?>) Json.parse(captured.out(), Map.class).get(model);
        assertEquals(10_000, ((Number) accuracy.get("images")).intValue());
        assertEquals(expected, ((Number) accuracy.get("top1")).doubleValue(), 0.0002);
    }

    @Test
    void weightsWithoutDataAreWrongUsage() {
        assertEquals(2, run("evaluate", "cifar_resnet20", "--weights", "absent.th"));
        assertTrue(captured.err().contains("--data"), captured.err());
    }

    @Test
    void anUnknownModelIsAnsweredWithTheKnownOnes() {
        assertEquals(1, run("evaluate", "resnet19", "--weights", "absent.th", "--data", "absent"));
        assertTrue(captured.err().contains("cifar_resnet20"), captured.err());
    }
}
