package donna.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.ffi.CudaBindings;
import donna.jobs.Progress;
import donna.report.Summary;
import donna.tensor.DonnaException;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A whole search with the CUDA backend on the simulator of the test kit, beside the same search on the CPU. */
@ExtendWith(NeedsCudaSimulator.class)
class CudaSearchIT {
    @BeforeEach
    void takeTheSimulator() {
        System.setProperty(CudaBindings.PROPERTY, CudaSimulator.NAME);
        System.setProperty("donna.cuda.cache", Path.of("target", "cubin").toAbsolutePath().toString());
    }

    @AfterEach
    void leaveIt() {
        System.clearProperty(CudaBindings.PROPERTY);
        System.clearProperty("donna.cuda.cache");
    }

    @Test
    void a_search_decides_as_it_does_on_the_cpu(@TempDir Path folder) throws Exception {
        Path spec = TinySearch.write(folder);
        Path here = folder.resolve("cuda");
        Path there = folder.resolve("cpu");
        CudaSimulator.clear();
        Summary cuda = TinySearch.search(spec, here, wish().on("cuda"));
        assertEquals(List.of(), CudaSimulator.findings());
        Summary cpu = TinySearch.search(spec, there, wish());

        assertTrue(cuda.device().contains("simulated"), cuda.device());
        assertEquals(labels(there), labels(here));
        List<FrontStage.Member> expected = RunFiles.front(there);
        List<FrontStage.Member> actual = RunFiles.front(here);
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i).choices(), actual.get(i).choices(), "member " + i + " of the front");
        }
        for (int b = 0; b < cpu.library().blocks().size(); b++) {
            List<Summary.Candidate> trained = cpu.library().blocks().get(b).candidates();
            for (int c = 0; c < trained.size(); c++) {
                double nsr = cuda.library().blocks().get(b).candidates().get(c).nsr();
                assertEquals(trained.get(c).nsr(), nsr, 0.01 * trained.get(c).nsr(), trained.get(c).toString());
            }
        }
        cuda.models().forEach(m -> assertTrue(m.onnxMaxAbsDiff() < 1e-4, m.toString()));
    }

    /** The second card is lost when networks are labelled: what the first had in hand is finished and kept. */
    @Test
    void two_cards_give_the_bits_of_one_though_one_is_lost_in_between(@TempDir Path folder) throws Exception {
        Path spec = TinySearch.write(folder);
        Path one = folder.resolve("one");
        Path two = folder.resolve("two");
        CudaSimulator.clear();
        CudaSimulator.cards("card", "card");
        try {
            TinySearch.search(spec, one, wish().on("cuda:1"));
            Progress losing = new Progress() {
                private int labels;

                @Override
                public void phase(String name) {
                    if (name.equals("labels") && ++labels == 2) {
                        CudaSimulator.lose(1);
                    }
                }

                @Override
                public void update(long done, long total, String unit) {}

                @Override
                public void line(String text) {}
            };
            assertEquals(List.of(), CudaSimulator.findings());
            DonnaException.NativeFailure e =
                    assertThrows(DonnaException.NativeFailure.class, () -> TinySearch.search(spec, two, wish().on("cuda").telling(losing)));
            assertTrue(e.getMessage().startsWith("cuda:1 (card"), e.getMessage());
            assertEquals(List.of("lost: card 1 no longer answers"), CudaSimulator.findings());
            assertFalse(labels(two).isEmpty());
            CudaSimulator.clear();
            TinySearch.search(spec, two, wish().on("cuda"));
            assertEquals(RunFiles.bits(one), RunFiles.bits(two));
            assertEquals(List.of(), CudaSimulator.findings());
        } finally {
            CudaSimulator.cards();
        }
    }

    private static TinySearch.Wish wish() {
        return TinySearch.Wish.plain();
    }

    /** The architectures that the predictor was fitted on. */
    private static TreeSet<String> labels(Path run) throws Exception {
        TreeSet<String> names = new TreeSet<>();
        RunFiles.all(run).keySet().stream().filter(f -> f.startsWith("labels/")).forEach(f -> names.add(f.replaceAll("-[0-9a-f]{12}\\..*", "")));
        return names;
    }
}
