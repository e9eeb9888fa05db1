package donna.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.data.Dataset;
import donna.data.MemoryDataset;
import donna.data.Normalization;
import donna.distill.Images;
import donna.ffi.CudaBindings;
import donna.graph.Mask;
import donna.jobs.Progress;
import donna.report.Summary;
import donna.tensor.DonnaException;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
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
    private static final String RESIDUAL = """
            precision: bf16
            dataset: {name: cifar10, train: 32, validation: 16}
            model: {reference: {name: cifar_resnet20, image: 8, classes: 4, cut: [layer1.0, layer2.0, layer3.0]}}
            teacher: {train: {epochs: 1, images: 32, batch: 8, lr: 0.002}}
            space:
              candidates:
                - {type: own, depth: 1, width: 0.5}
                - {type: basic, kernel: 3, depth: 1}
                - {type: mbconv, kernel: 5, expand: 2, depth: 1, act: relu}
            distill: {train: {epochs: 1, images: 16, batch: 8, lr: 0.002}, validation: 16}
            recalibrate: {images: 16, batch: 8}
            predictor: {architectures: 4, pool: 6, train: {epochs: 1, images: 8, batch: 8, lr: 0.001}}
            latency: {batches: [1], objective: 1, seconds_per_block: 0.0001, seconds_per_network: 0.0001, check_networks: 2}
            search: {population: 8, generations: 3, objectives: [accuracy, macs]}
            finetune: {latency_shares: [0.9], train: {epochs: 1, images: 8, batch: 8, lr: 0.001}}
            """;

    @BeforeEach
    void takeTheSimulator() {
        System.setProperty(CudaBindings.PROPERTY, CudaSimulator.NAME);
        System.setProperty("donna.cuda.cache", TinySearch.KERNELS.toString());
    }

    @AfterEach
    void leaveIt() {
        System.clearProperty(CudaBindings.PROPERTY);
        System.clearProperty("donna.cuda.cache");
    }

    /** NSRs are compared below the same teacher: the steps of a teacher's training amplify that both sides round in their own order. */
    @Test
    void a_search_decides_as_it_does_on_the_cpu(@TempDir Path folder) throws Exception {
        Path spec = TinySearch.write(folder);
        Path here = folder.resolve("cuda");
        Path there = folder.resolve("cpu");
        CudaSimulator.clear();
        Summary cuda = TinySearch.search(spec, here, wish().on("cuda"));
        assertEquals(List.of(), CudaSimulator.findings());
        TinySearch.search(spec, there, wish());

        assertTrue(cuda.device().contains("simulated"), cuda.device());
        assertEquals(labels(there), labels(here));
        List<FrontStage.Member> expected = RunFiles.front(there);
        List<FrontStage.Member> actual = RunFiles.front(here);
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i).choices(), actual.get(i).choices(), "member " + i + " of the front");
        }
        Path taught = folder.resolve("taught");
        Files.createDirectories(taught.resolve("teacher"));
        Files.copy(here.resolve("teacher/model.safetensors"), taught.resolve("teacher/model.safetensors"));
        Summary below = TinySearch.search(spec, taught, wish());
        for (int b = 0; b < below.library().blocks().size(); b++) {
            List<Summary.Candidate> trained = below.library().blocks().get(b).candidates();
            for (int c = 0; c < trained.size(); c++) {
                double nsr = cuda.library().blocks().get(b).candidates().get(c).nsr();
                assertEquals(trained.get(c).nsr(), nsr, 1e-4 * trained.get(c).nsr(), trained.get(c).toString());
            }
        }
        cuda.models().forEach(m -> assertTrue(m.onnxMaxAbsDiff() < 1e-4, m.toString()));
    }

    /** The second card is lost when networks are labelled: what the first had in hand is finished and kept. No part of it needs many steps. */
    @Test
    void two_cards_give_the_bits_of_one_though_one_is_lost_in_between(@TempDir Path folder) throws Exception {
        Path spec = TinySearch.write(folder);
        Path one = folder.resolve("one");
        Path two = folder.resolve("two");
        CudaSimulator.clear();
        CudaSimulator.cards("card", "card");
        try {
            TinySearch.search(spec, one, brief().on("cuda:1"));
            Progress losing = new Progress() {
                @Override
                public void phase(String name) {
                    if (name.equals("labels")) {
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
                    assertThrows(DonnaException.NativeFailure.class, () -> TinySearch.search(spec, two, brief().on("cuda").telling(losing)));
            assertTrue(e.getMessage().startsWith("cuda:1 (card"), e.getMessage());
            assertEquals(List.of("lost: card 1 no longer answers"), CudaSimulator.findings());
            assertFalse(labels(two).isEmpty());
            CudaSimulator.clear();
            TinySearch.search(spec, two, brief().on("cuda"));
            assertEquals(RunFiles.bits(one), RunFiles.bits(two));
            assertEquals(List.of(), CudaSimulator.findings());
        } finally {
            CudaSimulator.cards();
        }
    }

    /** What cannot be seen from the outside of a search is seen in its graphs: shortcuts without weights, units with the model's own, dense convolutions. */
    @Test
    void a_residual_search_in_16_bits_ends_with_files_that_were_checked_in_single_precision(@TempDir Path folder) throws Exception {
        CudaSimulator.clear();
        Summary s = TinySearch.search(Files.writeString(folder.resolve("residual.yaml"), RESIDUAL), stripes(), folder.resolve("run"), wish().on("cuda"));
        assertEquals(List.of(), CudaSimulator.findings());
        assertTrue(s.device().contains("bf16"), s.device());
        assertEquals(9, s.library().candidates());
        s.library().blocks().forEach(b -> b.candidates().forEach(c -> assertTrue(c.nsr() > 0 && c.nsr() < 3, c.toString())));
        assertFalse(s.models().isEmpty());
        s.models().forEach(m -> assertTrue(m.onnxMaxAbsDiff() < 1e-4, m.toString()));
    }

    /** Stripes of four kinds in noise, 8x8. */
    private static Images stripes() {
        Dataset train = stripes("train", 1, 48);
        return new Images(train.slice(0, 32), train.slice(32, 48), stripes("test", 2, 16), Normalization.HALF);
    }

    private static Dataset stripes(String name, long seed, int images) {
        byte[] pixels = new byte[images * 3 * 64];
        int[] labels = new int[images];
        for (int i = 0; i < images; i++) {
            labels[i] = i % 4;
            for (int p = 0; p < 3 * 64; p++) {
                int phase = labels[i] % 2 == 0 ? p % 8 : p % 64 / 8;
                boolean bright = phase % (labels[i] < 2 ? 2 : 4) == 0;
                pixels[i * 3 * 64 + p] = (byte) (Math.unsignedMultiplyHigh(Mask.mix(Mask.mix(seed) ^ i * 192L + p), 150) + (bright ? 100 : 0));
            }
        }
        return new MemoryDataset(name, 3, 8, 8, List.of("a", "b", "c", "d"), labels, MemorySegment.ofArray(pixels), () -> {});
    }

    private static TinySearch.Wish wish() {
        return TinySearch.Wish.plain();
    }

    private static TinySearch.Wish brief() {
        return wish().with("teacher.train.epochs", "1").with("distill.train.epochs", "1").with("finetune.train.epochs", "1").with("predictor.train.images", "64");
    }

    /** The architectures that the predictor was fitted on. */
    private static TreeSet<String> labels(Path run) throws Exception {
        TreeSet<String> names = new TreeSet<>();
        RunFiles.all(run).keySet().stream().filter(f -> f.startsWith("labels/")).forEach(f -> names.add(f.replaceAll("-[0-9a-f]{12}\\..*", "")));
        return names;
    }
}
