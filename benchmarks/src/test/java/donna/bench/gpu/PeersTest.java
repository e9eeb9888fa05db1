package donna.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a shell in Python's place, which writes down what it is asked to prepare, and never ends with compiling {@code slow}. */
class PeersTest {
    private static final String SCRIPT = """
            echo ready PyTorch 0
            while read -r line; do
              case $line in
                *slow*compile* | *compile*slow*) echo slow >>SAID; exec sleep 600 ;;
                *broken*) echo failed no such model ;;
                *prepare*) echo prepared >>SAID; echo ready in 1.0 s ;;
                *round*) echo ms 2.5 ;;
                *) echo ready ;;
              esac
            done
            """;

    @TempDir
    private Path folder;

    private Path said;
    private Peers peers;

    @BeforeEach
    void start() throws IOException {
        said = folder.resolve("said");
        Files.createFile(said);
        Path script = folder.resolve("peer.sh");
        Files.writeString(script, SCRIPT.replace("SAID", "'" + said + "'"));
        peers = new Peers("sh", script, folder);
    }

    @AfterEach
    void end() {
        peers.close();
    }

    private static Map<String, Object> request(String model, String variant) {
        return ModelWork.request("training", model, 128, 224, variant, "bf16");
    }

    private static Map<String, Object> named(String timm, String variant) {
        return Map.of("kind", "training", "model", timm, "batch", 128, "precision", "bf16", "variant", variant);
    }

    @Test
    void whatWasPreparedAheadIsNotPreparedAgain() throws Exception {
        Map<String, Object> eager = request("mobilenet_v2", "eager");
        Map<String, Object> compile = request("mobilenet_v2", "compile");
        peers.prepare(List.of(eager, compile), 60);
        peers.await(0);
        for (Map<String, Object> r : List.of(eager, compile, request("efficientnet_b0", "graph"))) {
            try (Contender c = peers.contender("PyTorch", r)) {
                assertEquals(2.5, c.round(3));
            }
        }
        assertEquals(List.of("prepared", "prepared", "prepared"), Files.readAllLines(said));
        assertEquals("PyTorch 0", peers.version());
    }

    @Test
    void aCompilationThatDoesNotEndIsLeftOut() throws Exception {
        peers.prepare(List.of(named("slow", "compile"), named("slow", "compile graph"), named("slow", "eager")), 2);
        peers.await(1);
        for (String variant : List.of("compile", "compile graph")) {
            assertThrows(IllegalStateException.class, () -> peers.contender("PyTorch", named("slow", variant)));
        }
        try (Contender c = peers.contender("PyTorch", named("slow", "eager"))) {
            assertEquals(2.5, c.round(1));
        }
        assertEquals(List.of("prepared", "slow"), Files.readAllLines(said).stream().sorted().toList());
    }

    @Test
    void aFailureIsToldByItsMessage() throws Exception {
        peers.prepare(List.of(named("broken", "compile"), named("broken", "eager")), 60);
        peers.await(0);
        for (String variant : List.of("compile", "eager")) {
            IllegalStateException e = assertThrows(IllegalStateException.class, () -> peers.contender("PyTorch", named("broken", variant)));
            assertEquals("no such model", e.getMessage());
        }
    }
}
