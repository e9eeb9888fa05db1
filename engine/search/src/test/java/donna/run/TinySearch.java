package donna.run;

import donna.backend.Backends;
import donna.backend.Device;
import donna.backend.Devices;
import donna.data.Dataset;
import donna.distill.Images;
import donna.graph.Mask;
import donna.jobs.Progress;
import donna.report.Summary;
import donna.spec.SearchSpec;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A search that takes a second: 12x12 images of four kinds of stripes in noise, some labels wrong, two blocks with four candidates each. Nothing measured
 * decides.
 */
final class TinySearch {
    /** Where the simulated cards' kernels are kept: with those that the CUDA backend's own tests have compiled. */
    static final Path KERNELS = Path.of("..", "cuda", "target", "cubin").toAbsolutePath().normalize();

    private static final int SIDE = 12;
    private static final int CLASSES = 4;
    private static final String SPEC = """
            seed: 1
            dataset: {name: idx, path: DATA, train: 192, validation: 96, normalize: {mean: 0.4, std: 0.3}}
            model:
              input: [1, 12, 12]
              stem: {conv: 3, stride: 2, channels: 8, act: relu}
              blocks:
                - {name: b1, in: 8, out: 16, stride: 2}
                - {name: b2, in: 16, out: 24, stride: 1}
              head: {conv: 1, channels: 32, act: relu, classes: 4}
            teacher:
              block: {type: mbconv, kernel: 3, expand: 2, depth: 2, se: true, act: swish}
              train: {epochs: 4, images: 192, batch: 32, lr: 0.01, shards: 2}
            space:
              group_width: 8
              candidates:
                - {type: mbconv, kernel: [3, 5], expand: 2, depth: 1, se: false, act: relu}
                - {type: grouped, kernel: 3, expand: 2, depth: 1, se: true, act: swish}
                - {type: fused, kernel: 3, expand: 1, depth: 1, se: false, act: relu}
            optimizer: {name: adamw, wd: 0.01, warmup: 0.1, ema: 0.5}
            distill: {train: {epochs: 3, images: 192, batch: 32, lr: 0.02}, validation: 96}
            recalibrate: {images: 96, batch: 32}
            predictor:
              architectures: 5
              pool: 12
              train: {epochs: 1, images: 128, batch: 32, lr: 0.003}
            latency: {threads: 1, batches: [4], objective: 4, seconds_per_block: 0.0001, seconds_per_network: 0.0001, check_networks: 3}
            search: {population: 12, generations: 6, objectives: [accuracy, macs]}
            finetune:
              latency_shares: [0.6, 0.9]
              train: {epochs: 2, images: 128, batch: 32, lr: 0.003, flip: true}
              long_scratch: 2
            compare: {random: 1, widths: [0.5, 1.0], depths: [1]}
            """;

    private TinySearch() {}

    /** Writes data and spec into {@code folder}. */
    static Path write(Path folder) throws IOException {
        Path data = Files.createDirectories(folder.resolve("data"));
        idx(data, "train", 288, 1);
        idx(data, "t10k", 96, 2);
        return Files.writeString(folder.resolve("tiny.yaml"), SPEC.replace("DATA", "'" + data + "'"));
    }

    private static void idx(Path data, String prefix, int images, long seed) throws IOException {
        ByteArrayOutputStream pixels = new ByteArrayOutputStream();
        ByteArrayOutputStream labels = new ByteArrayOutputStream();
        DataOutputStream pixelWords = new DataOutputStream(pixels);
        pixelWords.writeInt(0x803);
        pixelWords.writeInt(images);
        pixelWords.writeInt(SIDE);
        pixelWords.writeInt(SIDE);
        DataOutputStream labelWords = new DataOutputStream(labels);
        labelWords.writeInt(0x801);
        labelWords.writeInt(images);
        for (int i = 0; i < images; i++) {
            long key = Mask.mix(Mask.mix(seed) ^ i);
            int label = (int) Math.unsignedMultiplyHigh(key, CLASSES);
            boolean wrong = i % 8 == 0;
            labels.write(wrong ? (label + 1) % CLASSES : label);
            for (int y = 0; y < SIDE; y++) {
                for (int x = 0; x < SIDE; x++) {
                    long noise = Math.unsignedMultiplyHigh(Mask.mix(key ^ (1L + y * SIDE + x)), 180);
                    int phase = label == 0 ? x : label == 1 ? y : label == 2 ? x + y : x - y + SIDE;
                    pixels.write((int) (phase % 4 < 2 ? 75 + noise : noise));
                }
            }
        }
        Files.write(data.resolve(prefix + "-images-idx3-ubyte"), pixels.toByteArray());
        Files.write(data.resolve(prefix + "-labels-idx1-ubyte"), labels.toByteArray());
    }

    /** How a run is wanted; checkpoints are made as often as there is a chance to. */
    record Wish(Map<String, String> set, int threads, boolean compare, Progress progress, String device) {
        static Wish plain() {
            return new Wish(Map.of(), 2, false, Progress.NONE, "cpu");
        }

        Wish with(String path, String value) {
            Map<String, String> more = new TreeMap<>(set);
            more.put(path, value);
            return new Wish(more, threads, compare, progress, device);
        }

        Wish withThreads(int count) {
            return new Wish(set, count, compare, progress, device);
        }

        Wish withComparisons() {
            return new Wish(set, threads, true, progress, device);
        }

        Wish telling(Progress listener) {
            return new Wish(set, threads, compare, listener, device);
        }

        Wish on(String name) {
            return new Wish(set, threads, compare, progress, name);
        }
    }

    /** Runs the whole line in {@code run} and checks that no device memory is left, however it ends. */
    static Summary search(Path spec, Path run, Wish wish) {
        return search(spec, ImageSource.open(SearchSpec.read(spec, wish.set()), line -> {}), run, wish);
    }

    /** The same on {@code images}, which are closed, whatever the spec names. */
    static Summary search(Path spec, Images images, Path run, Wish wish) {
        SearchSpec read = SearchSpec.read(spec, wish.set());
        try (Devices devices = Backends.openAll(wish.device(), read.precision(), line -> {})) {
            try (RunFolder folder = RunFolder.open(run)) {
                Search.Options options = new Search.Options(wish.threads(), wish.compare(), Stage.REPORT, 0);
                Optional<Summary> summary = Search.run(read, images, folder, devices, wish.progress(), options);
                return summary.orElseThrow();
            } finally {
                for (Device d : devices.all()) {
                    if (d.bytesInUse() != 0) {
                        throw new AssertionError(d.bytesInUse() + " bytes of memory of " + d.name() + " are still in use");
                    }
                }
            }
        } finally {
            List.of(images.train(), images.validation(), images.test()).forEach(Dataset::close);
        }
    }
}
