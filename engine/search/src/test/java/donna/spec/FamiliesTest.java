package donna.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.distill.Networks;
import donna.graph.Cost;
import donna.space.Architecture;
import donna.space.Block;
import donna.space.Candidate;
import donna.space.SearchSpace;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.train.Inference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Block families beside MBConv's, those that a user composes, and reference models as skeletons. */
class FamiliesTest {
    static final String SPEC = """
            dataset: {name: cifar-binary, path: data, train: 128, validation: 64}
            model: {reference: {name: cifar_resnet20, classes: 4}}
            teacher: {train: {epochs: 1, images: 128, batch: 32}}
            space:
              families:
                pool-mix:
                  ops:
                    - {op: conv, channels: hidden}
                    - {op: average-pool, kernel: kernel, stride: true}
                    - {op: depthwise, kernel: 3}
                    - {op: eca}
                    - {op: conv, channels: out, act: none}
              candidates:
                - {type: basic, kernel: 3, depth: 1, se: [false, eca]}
                - {type: bottleneck, kernel: 3, expand: 2, depth: 1}
                - {type: mbconv, kernel: 5, expand: 2, depth: 1, se: hard_se, act: hswish}
                - {type: shift, kernel: 3, expand: 2, depth: 2, se: true}
                - {type: transformer, expand: 2, depth: 1, heads: [2, 4], act: gelu}
                - {type: composed, family: pool-mix, kernel: 3, expand: 2, depth: 2, act: relu6}
            distill: {train: {epochs: 1, images: 128, batch: 32}, validation: 64}
            recalibrate: {images: 64, batch: 32}
            predictor: {architectures: 4, pool: 8, train: {epochs: 1, images: 64, batch: 32}}
            latency: {threads: 1, batches: [2], objective: 2, seconds_per_block: 0.0001, seconds_per_network: 0.0001, check_networks: 2}
            search: {population: 8, generations: 3, objectives: [accuracy, macs]}
            finetune: {latency_shares: [0.9], train: {epochs: 1, images: 64, batch: 32}}
            """;

    @TempDir
    Path dir;

    private SearchSpec read(String text) throws IOException {
        return SearchSpec.read(Files.writeString(dir.resolve("spec.yaml"), text), Map.of());
    }

    private String refused(String from, String to) {
        assertTrue(SPEC.contains(from), from);
        return assertThrows(DonnaException.InvalidInput.class, () -> read(SPEC.replace(from, to))).getMessage();
    }

    @Test
    void aReferenceModelGivesInputBlocksClassesAndNormalisation() throws IOException {
        SearchSpec spec = read(SPEC);
        assertEquals(List.of(3, 32, 32), spec.model().input());
        assertEquals(
                List.of(new ModelSpec.BlockSpec("b1", 16, 16, 1), new ModelSpec.BlockSpec("b2", 16, 32, 2), new ModelSpec.BlockSpec("b3", 32, 64, 2)),
                spec.model().blocks());
        assertEquals(List.of("layer1.0", "layer2.0", "layer3.0"), spec.model().reference().orElseThrow().cut());
        assertEquals(4, spec.model().classes());
        assertEquals(List.of(0.485, 0.456, 0.406), spec.dataset().normalize().mean());
    }

    @Test
    void theResolvedSpecReadsBackAsItself() throws IOException {
        SearchSpec spec = read(SPEC);
        assertEquals(spec, read(Json.text(spec)));
    }

    @Test
    void everyFamilyKeepsTheBlocksBoundaries() throws IOException {
        SearchSpec spec = read(SPEC);
        SearchSpace space = SearchSpace.of(spec);
        List<Shape> boundaries = Inference.boundaryShapes(Networks.teacher(spec, space), Shape.of(3, 32, 32));
        assertEquals(8, space.candidates().getFirst().size());
        for (int choice = 0; choice < 8; choice++) {
            Architecture a = new Architecture(choice, choice, choice);
            assertEquals(boundaries, Inference.boundaryShapes(Networks.of(spec, space, a), Shape.of(3, 32, 32)), space.name(a));
            assertEquals(a, space.parse(space.name(a)));
        }
    }

    @Test
    void costsAreThoseCountedByHand() throws IOException {
        SearchSpec spec = read(SPEC);
        SearchSpace space = SearchSpace.of(spec);
        Block block = space.blocks().get(1); // 16 to 32 channels, 32x32 to 16x16
        List<Candidate> all = space.candidates().get(1);
        int p = 256; // pixels of the result
        assertEquals(new Counts(p * (9 * 16 * 32 + 9 * 32 * 32 + 16 * 32), 9 * 16 * 32 + 9 * 32 * 32 + 16 * 32 + 3 * 64), counts(block, all.get(0)), "basic");
        assertEquals(3, counts(block, all.get(1)).params - counts(block, all.get(0)).params, "three taps of eca");
        assertEquals(
                new Counts(p * (4L * 16 * 16 + 9 * 16 * 16 + 16 * 32 + 16 * 32), 16 * 16 + 9 * 16 * 16 + 16 * 32 + 16 * 32 + 2 * (16 + 16 + 32 + 32)),
                counts(block, all.get(2)),
                "bottleneck");
        // Two layers of a shift: 16 to 32 to 32 with the stride in the last convolution, then 32 to 64 to 32; each with squeeze-and-excitation.
        long first = 4L * p * 16 * 32 + p * 32 * 32 + 2 * 32 * 4;
        long second = p * 32 * 64 + p * 64 * 32 + 2 * 64 * 8;
        assertEquals(first + second, counts(block, all.get(4)).macs, "shift");
        // Merge 3x3, then qkv, scores, mixture, projection and two linear layers of 256 tokens of 32.
        long tokens = (long) p * (3 * 32 * 32 + 32 * 32 + 2 * 32 * 64) + 2L * p * p * 32;
        assertEquals(p * 9 * 16 * 32 + tokens, counts(block, all.get(5)).macs, "transformer");
        assertEquals(counts(block, all.get(5)), counts(block, all.get(6)), "heads cost nothing");
    }

    private record Counts(long macs, long params) {}

    private static Counts counts(Block block, Candidate c) {
        ModelSpec none = new ModelSpec(List.of(3, 32, 32), Optional.empty(), Optional.empty(), List.of(), Optional.empty());
        Cost cost = Networks.cost(Networks.block(none, block, c), Shape.of(16, 32, 32));
        return new Counts(cost.macs(), cost.params());
    }

    @Test
    void aChangedFamilyHasAnotherName() throws IOException {
        String one = SearchSpace.of(read(SPEC)).candidate(0, 7).toString();
        String other = SearchSpace.of(read(SPEC.replace("{op: depthwise, kernel: 3}", "{op: depthwise, kernel: 5}"))).candidate(0, 7).toString();
        assertTrue(one.matches("cpool-mix-[0-9a-f]{6}\\.k3e2d2r6"), one);
        assertNotEquals(one, other);
    }

    @Test
    void mistakesAreNamedWithTheirPlace() {
        assertTrue(refused("cifar_resnet20", "cifar_resnet21").contains("/model/reference"), "an unknown model");
        assertTrue(refused("classes: 4}", "classes: 4, cut: [layer2.0]}").contains("layer2.0"), "a cut that is not the first unit");
        assertTrue(refused("heads: [2, 4]", "heads: [2, 3]").contains("3 heads do not divide the 16 channels"), "heads");
        assertTrue(refused("{type: basic, kernel: 3,", "{type: basic, kernel: 3, expand: 2,").contains("basic has no expand"), "an expansion of basic");
        assertTrue(refused("family: pool-mix", "family: pool").contains("no family pool"), "an unknown family");
        assertTrue(refused(", stride: true}", "}").contains("no op carries the stride"), "no stride");
        assertTrue(refused("channels: out", "channels: in").contains("expected out"), "other channels");
        assertTrue(refused("{op: eca}", "{op: eca, groups: 2}").contains("this op has no groups"), "groups of eca");
        assertTrue(refused("teacher: {", "teacher: {block: {type: basic, depth: 1, kernel: 3}, ").contains("/teacher/block"), "a block of a reference model");
    }
}
