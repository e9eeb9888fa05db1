package donna.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.Activation;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReductionTest {
    private static final Path TINY = Path.of("../../examples/specs/tiny.yaml");

    @TempDir
    Path folder;

    @Test
    void aBlocksReductionsAreItselfAndEverythingSmaller() {
        SearchSpec spec = SearchSpec.read(TINY, Map.of("teacher.block", "{type: mbconv, kernel: 5, expand: 4, depth: 2, se: true, act: swish}"));
        List<CandidateSpec> all = Reduction.of(spec).candidatesOf("b2");
        assertEquals(new CandidateSpec(BlockType.MBCONV, 5, 4, 2, true, Activation.SWISH), all.getFirst());
        assertEquals(2 * 4 * 2 * 2, all.stream().distinct().count());
        assertTrue(all.stream().allMatch(c -> c.kernel() <= 5 && c.expand() <= 4 && c.depth() <= 2 && c.act() == Activation.SWISH));
    }

    @Test
    void groupedBlocksKeepWholeGroups() {
        SearchSpec spec = SearchSpec.read(TINY, Map.of("teacher.block", "{type: grouped, kernel: 3, expand: 4, depth: 1}", "space.group_width", "16"));
        assertEquals(List.of(4, 2), Reduction.of(spec).candidatesOf("b1").stream().map(CandidateSpec::expand).toList());
        assertEquals(List.of(4, 3, 2, 1), Reduction.of(spec).candidatesOf("b2").stream().map(CandidateSpec::expand).toList());
    }

    @Test
    void aTeachersBlocksMayDiffer() {
        SearchSpec spec = SearchSpec.read(TINY, Map.of("teacher.blocks", "{b2: {type: fused, kernel: 3, expand: 1, depth: 1}}"));
        assertEquals(BlockType.MBCONV, spec.teacherBlock("b1").type());
        assertEquals(BlockType.FUSED, spec.teacherBlock("b2").type());
        assertEquals(1, Reduction.of(spec).candidatesOf("b2").size());
        String m = assertThrows(DonnaException.InvalidInput.class,
                        () -> SearchSpec.read(TINY, Map.of("teacher.blocks", "{b9: {type: fused, kernel: 3, expand: 1, depth: 1}}")))
                .getMessage();
        assertTrue(m.contains("/teacher/blocks/b9: no such block; allowed b1, b2"), m);
    }

    @Test
    void aSpecIsExtendedByWhatItLacks() throws IOException {
        SearchSpec spec = SearchSpec.read(TINY);
        Path more = Files.writeString(folder.resolve("more.yaml"), """
                candidates:
                  - {type: mbconv, kernel: [3, 7], expand: 2, depth: 1}
                blocks:
                  b2: {candidates: [{type: fused, kernel: 5, expand: 1, depth: 1}]}
                """);
        SearchSpec larger = spec.extendedBy(more);
        List<CandidateSpec> old = spec.space().candidatesOf("b1");
        List<CandidateSpec> first = larger.space().candidatesOf("b1");
        assertEquals(old, first.subList(0, old.size()), "old candidates keep their places");
        assertEquals(List.of(new CandidateSpec(BlockType.MBCONV, 7, 2, 1, false, Activation.RELU)), first.subList(old.size(), first.size()));
        List<CandidateSpec> second = larger.space().candidatesOf("b2");
        assertEquals(List.of(new CandidateSpec(BlockType.FUSED, 5, 1, 1, false, Activation.RELU)), second.subList(old.size(), second.size()));
        assertEquals(larger, larger.extendedBy(more));
        Json.write(folder.resolve("larger.json"), larger);
        assertEquals(larger, SearchSpec.read(folder.resolve("larger.json")));
    }

    @Test
    void mistakesInAnAdditionAreNamed() throws IOException {
        SearchSpec spec = SearchSpec.read(TINY);
        Path more = Files.writeString(folder.resolve("more.yaml"), "candidates: [{type: mbconv, kernel: 4, expand: 2, depth: 1}]\ngroup_width: 4\n");
        String m = assertThrows(DonnaException.InvalidInput.class, () -> spec.extendedBy(more)).getMessage();
        assertTrue(m.contains("4 is even") && m.contains("/group_width: 4 differs"), m);
        Path other = Files.writeString(folder.resolve("other.yaml"), "blocks: {b7: {candidates: [{type: mbconv, kernel: 3, expand: 2, depth: 1}]}}\n");
        assertTrue(assertThrows(DonnaException.InvalidInput.class, () -> spec.extendedBy(other)).getMessage().contains("b7"));
    }
}
