package donna.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Devices;
import donna.backend.Precision;
import donna.backend.Stream;
import donna.data.Dataset;
import donna.distill.BlockDistiller;
import donna.distill.BlockLibrary;
import donna.distill.Images;
import donna.distill.Rating;
import donna.distill.Setting;
import donna.distill.Teacher;
import donna.ffi.CudaBindings;
import donna.format.HostTensor;
import donna.jobs.Progress;
import donna.jobs.Store;
import donna.space.SearchSpace;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import donna.train.Inference;
import donna.train.TrainingState;
import donna.train.Workers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** However candidates are grouped, each is trained to the same bits. */
class GroupedDistillationTest {
    private static final Store NOTHING = Store.NONE;

    @TempDir
    private Path folder;

    /** Keeps pieces in memory. */
    private static final class Memory implements Store {
        private final Map<String, Piece> pieces = new HashMap<>();

        @Override
        public Optional<Piece> load(String key) {
            return Optional.ofNullable(pieces.get(key));
        }

        @Override
        public void save(String key, Piece piece) {
            pieces.put(key, piece);
        }

        @Override
        public void remove(String key) {
            pieces.remove(key);
        }
    }

    /** Cancels after some updates, and keeps the lines. */
    private static class Listener implements Progress {
        private final List<String> lines = new ArrayList<>();
        private final AtomicInteger updates = new AtomicInteger();
        private final int most;

        private Listener(int most) {
            this.most = most;
        }

        @Override
        public void phase(String name) {}

        @Override
        public void update(long done, long total, String unit) {
            updates.incrementAndGet();
        }

        @Override
        public synchronized void line(String text) {
            lines.add(text);
        }

        @Override
        public boolean cancelled() {
            return updates.get() >= most;
        }
    }

    private static Teacher teacher(Setting setting) {
        Map<String, float[]> fresh = TrainingState.initialValues(Inference.parameters(setting.teacher(), setting.imageShape()), 5);
        try (Stream stream = setting.device().openStream()) {
            return new Teacher(setting.teacher(), Rating.recalibrated(setting, stream, setting.teacher(), fresh));
        }
    }

    private Map<BlockDistiller.Job, BlockLibrary.Entry> distill(Device device, Listener listener, Store store) throws Exception {
        return distill(List.of(device), 1, listener, store);
    }

    private Map<BlockDistiller.Job, BlockLibrary.Entry> distill(List<Device> devices, int epochs, Listener listener, Store store) throws Exception {
        SearchSpec spec = SearchSpec.read(TinySearch.write(folder),
                Map.of("distill.train.epochs", "" + epochs, "distill.train.images", "160", "distill.train.lr", "0.05"));
        Images images = ImageSource.open(spec, line -> {});
        SearchSpace space = SearchSpace.of(spec);
        Map<BlockDistiller.Job, BlockLibrary.Entry> entries = new LinkedHashMap<>();
        try (Workers workers = new Workers(devices, 2)) {
            Setting setting = new Setting(spec, space, images, workers, listener, store, 0);
            Teacher teacher = teacher(setting);
            BlockDistiller distiller = new BlockDistiller(setting, teacher);
            List<BlockDistiller.Job> jobs = IntStream.range(0, space.blocks().size()).boxed()
                    .flatMap(n -> IntStream.range(0, space.options()[n]).mapToObj(m -> new BlockDistiller.Job(n, m)))
                    .toList();
            distiller.run(jobs, distiller.inverseVariance(), "key", entries::put);
        } finally {
            List.of(images.train(), images.validation(), images.test()).forEach(Dataset::close);
        }
        devices.forEach(d -> assertEquals(0, d.bytesInUse()));
        return entries;
    }

    private static void same(Map<BlockDistiller.Job, BlockLibrary.Entry> expected, Map<BlockDistiller.Job, BlockLibrary.Entry> actual) {
        assertEquals(8, expected.size());
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((job, e) -> {
            assertEquals(e.nsr(), actual.get(job).nsr(), job.toString());
            assertTrue(e.nsr() < 2, job + ": " + e.nsr());
            e.values().forEach((name, v) -> assertArrayEquals(v, actual.get(job).values().get(name), job + " " + name));
        });
    }

    /** The piece, with tensors that hold no number in place of those whose names begin with {@code prefix}. */
    private static Store.Piece withoutNumbers(Store.Piece piece, String prefix) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>(piece.tensors());
        tensors.replaceAll((name, t) -> {
            float[] values = t.floats();
            Arrays.fill(values, Float.NaN);
            return name.startsWith(prefix) ? HostTensor.of(t.shape(), values) : t;
        });
        return new Store.Piece(tensors, piece.info());
    }

    /** The shares of devices that a run told of, in percent. */
    private static List<List<Integer>> shares(Listener listener) {
        return listener.lines.stream()
                .filter(l -> l.startsWith("block library: "))
                .map(l -> Pattern.compile("(\\d+) % of the work").matcher(l).results().map(m -> Integer.valueOf(m.group(1))).toList())
                .toList();
    }

    private static Listener patient() {
        return new Listener(Integer.MAX_VALUE);
    }

    @Test
    void groups_on_the_cpu_give_the_bits_of_single_candidates() throws Exception {
        try (Device cpu = Backends.open("cpu", line -> {})) {
            Map<BlockDistiller.Job, BlockLibrary.Entry> alone = distill(cpu, patient(), NOTHING);
            same(alone, distill(GroupingDevice.of(cpu, 3), patient(), NOTHING));
            same(alone, distill(GroupingDevice.of(cpu, 32), patient(), NOTHING));
        }
    }

    @Test
    void devices_that_share_the_candidates_give_the_bits_of_one() throws Exception {
        try (Device cpu = Backends.open("cpu", line -> {})) {
            Map<BlockDistiller.Job, BlockLibrary.Entry> alone = distill(cpu, patient(), NOTHING);
            Listener two = patient();
            same(alone, distill(List.of(GroupingDevice.of(cpu, 3), GroupingDevice.of(cpu, 2)), 1, two, NOTHING));
            assertEquals(1, shares(two).size(), two.lines.toString());
            shares(two).getFirst().forEach(percent -> assertEquals(50, percent, 10));
            Listener three = patient();
            same(alone, distill(List.of(GroupingDevice.of(cpu, 32), GroupingDevice.of(cpu, 32), GroupingDevice.of(cpu, 1)), 1, three, NOTHING));
            assertEquals(3, shares(three).getFirst().size());
        }
    }

    @Test
    void a_slow_device_is_given_less_once_it_is_seen_and_nothing_else_changes() throws Exception {
        try (Device cpu = Backends.open("cpu", line -> {})) {
            Map<BlockDistiller.Job, BlockLibrary.Entry> alone = distill(List.of(cpu), 12, patient(), NOTHING);
            Listener listener = patient();
            same(alone, distill(List.of(GroupingDevice.of(cpu, 32), GroupingDevice.slow(cpu, 40)), 12, listener, NOTHING));
            List<List<Integer>> shares = shares(listener);
            assertTrue(shares.size() > 1, listener.lines.toString());
            assertTrue(shares.getLast().getLast() < 35, listener.lines.toString());
        }
    }

    @Test
    void a_group_without_memory_goes_on_in_halves_and_says_so() throws Exception {
        try (Device cpu = Backends.open("cpu", line -> {})) {
            Map<BlockDistiller.Job, BlockLibrary.Entry> alone = distill(cpu, patient(), NOTHING);
            for (int runs : new int[] {0, 3}) {
                Listener listener = patient();
                same(alone, distill(GroupingDevice.without(cpu, 32, 2, runs), listener, NOTHING));
                assertEquals(2, listener.lines.stream().filter(l -> l.startsWith("no memory for 4 candidates of a block at once, going on with 2")).count(),
                        listener.lines.toString());
            }
            DonnaException.OutOfMemory e = assertThrows(
                    DonnaException.OutOfMemory.class, () -> distill(GroupingDevice.without(cpu, 32, 0, 0), patient(), NOTHING));
            assertTrue(e.getMessage().contains("for a test"), e.getMessage());
        }
    }

    @Test
    void what_one_grouping_left_unfinished_another_goes_on_with() throws Exception {
        try (Device cpu = Backends.open("cpu", line -> {})) {
            Map<BlockDistiller.Job, BlockLibrary.Entry> alone = distill(cpu, patient(), NOTHING);
            Memory store = new Memory();
            Device grouping = GroupingDevice.of(cpu, 3);
            assertThrows(DonnaException.Cancelled.class, () -> distill(grouping, new Listener(1), store));
            assertEquals(1, store.pieces.size());
            same(alone, distill(cpu, patient(), store));
            same(alone, distill(grouping, patient(), store));
        }
    }

    @Test
    void a_candidate_that_diverges_in_a_group_ends_as_it_does_alone_and_disturbs_nobody() throws Exception {
        try (Device cpu = Backends.open("cpu", line -> {})) {
            Device grouping = GroupingDevice.of(cpu, 4);
            Memory store = new Memory();
            assertThrows(DonnaException.Cancelled.class, () -> distill(grouping, new Listener(1), store));
            store.pieces.replaceAll((key, piece) -> withoutNumbers(piece, "1/2/"));
            Memory copy = new Memory();
            copy.pieces.putAll(store.pieces);
            Map<BlockDistiller.Job, BlockLibrary.Entry> together = distill(grouping, patient(), store);
            Map<BlockDistiller.Job, BlockLibrary.Entry> alone = distill(cpu, patient(), copy);
            BlockDistiller.Job broken = new BlockDistiller.Job(1, 2);
            assertEquals(Optional.of("the loss is NaN at step 4 of 5"), together.get(broken).failure());
            assertEquals(together.get(broken).failure(), alone.get(broken).failure());
            assertEquals(Double.POSITIVE_INFINITY, together.get(broken).nsr());
            alone.forEach((job, e) -> {
                if (!job.equals(broken)) {
                    assertEquals(e.nsr(), together.get(job).nsr(), job.toString());
                    e.values().forEach((name, v) -> assertArrayEquals(v, together.get(job).values().get(name), job + " " + name));
                }
            });
        }
    }

    /** What a test does on simulated cards, of which there are so many of one kind. */
    private interface OnCards {
        void run() throws Exception;
    }

    private static void onCards(int count, OnCards test) throws Exception {
        System.setProperty(CudaBindings.PROPERTY, CudaSimulator.NAME);
        System.setProperty("donna.cuda.cache", TinySearch.KERNELS.toString());
        CudaSimulator.clear();
        CudaSimulator.cards(Collections.nCopies(count, "card").toArray(String[]::new));
        try {
            test.run();
        } finally {
            CudaSimulator.cards();
            System.clearProperty(CudaBindings.PROPERTY);
            System.clearProperty("donna.cuda.cache");
        }
    }

    @Test
    @ExtendWith(NeedsCudaSimulator.class)
    void groups_on_a_card_give_the_bits_of_single_candidates() throws Exception {
        onCards(1, () -> {
            try (Device card = Backends.open("cuda", line -> {})) {
                assertTrue(card.membersAtOnce() > 1);
                Map<BlockDistiller.Job, BlockLibrary.Entry> together = distill(card, patient(), NOTHING);
                same(distill(GroupingDevice.of(card, 1), patient(), NOTHING), together);
            }
        });
        assertEquals(List.of(), CudaSimulator.findings());
    }

    @Test
    @ExtendWith(NeedsCudaSimulator.class)
    void two_and_three_cards_give_the_bits_of_one() throws Exception {
        onCards(3, () -> {
            Map<BlockDistiller.Job, BlockLibrary.Entry> alone = onCards("cuda:0", patient(), NOTHING);
            Listener two = patient();
            same(alone, onCards("cuda:1,2", two, NOTHING));
            assertEquals(2, shares(two).getFirst().size());
            Listener three = patient();
            same(alone, onCards("cuda", three, NOTHING));
            assertEquals(3, shares(three).getFirst().size());
        });
        assertEquals(List.of(), CudaSimulator.findings());
    }

    private Map<BlockDistiller.Job, BlockLibrary.Entry> onCards(String name, Listener listener, Store store) throws Exception {
        try (Devices cards = Backends.openAll(name, Precision.F32, line -> {})) {
            return distill(cards.all(), 1, listener, store);
        }
    }

    /** That losing any one of the cards is noticed shows that each has work. */
    @Test
    @ExtendWith(NeedsCudaSimulator.class)
    void a_card_that_is_lost_is_named_and_the_others_go_on_from_the_last_checkpoint() throws Exception {
        onCards(3, () -> {
            Map<BlockDistiller.Job, BlockLibrary.Entry> alone = onCards("cuda:0", patient(), NOTHING);
            for (int card = 0; card < 3; card++) {
                CudaSimulator.clear();
                int lost = card;
                Memory store = new Memory();
                Listener losing = new Listener(Integer.MAX_VALUE) {
                    @Override
                    public void update(long done, long total, String unit) {
                        CudaSimulator.lose(lost);
                    }
                };
                DonnaException.NativeFailure e = assertThrows(DonnaException.NativeFailure.class, () -> onCards("cuda", losing, store));
                assertTrue(e.getMessage().startsWith("cuda:" + lost + " (card, sm_90, f32): ") && e.getMessage().contains("no longer answers")
                        && e.getMessage().endsWith("start it again"), e.getMessage());
                assertEquals(List.of("lost: card " + lost + " no longer answers"), CudaSimulator.findings());
                assertEquals(1, store.pieces.size());
                Listener rest = patient();
                same(alone, onCards("cuda:" + (lost + 1) % 3 + "," + (lost + 2) % 3, rest, store));
                assertEquals(1, rest.updates.get(), "four of the five steps are not taken again");
            }
        });
    }
}
