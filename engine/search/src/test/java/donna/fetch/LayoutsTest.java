package donna.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.data.Dataset;
import donna.data.Split;
import donna.tensor.DonnaException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every layout of labelled images, as a folder and as an archive: the red of each image says what its class has to be. */
class LayoutsTest {
    @TempDir
    Path dir;

    private final List<String> lines = new ArrayList<>();

    private static byte[] png(int red) throws IOException {
        BufferedImage image = new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 16; i++) {
            image.setRGB(i % 4, i / 4, red << 16 | i);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageIO.write(image, "png", out);
        return out.toByteArray();
    }

    private static byte[] text(String s) {
        return s.getBytes(StandardCharsets.UTF_8);
    }

    private Dataset open(Path at, Split split) {
        return Datasets.open(Datasets.kindOf(at), Optional.of(at.toString()), split, 0, 0, dir.resolve("cache"), lines::add);
    }

    /** How many images of each red there are by class, as {@code class:red}. */
    private Map<String, Integer> census(Path at, Split split) {
        try (Dataset d = open(at, split)) {
            Map<String, Integer> out = new TreeMap<>();
            byte[] image = new byte[d.imageBytes()];
            for (int i = 0; i < d.size(); i++) {
                d.read(i, image, 0);
                out.merge(d.label(i) + " " + d.classes().get(d.label(i)) + ":" + (image[0] & 0xff), 1, Integer::sum);
            }
            return out;
        }
    }

    private Path folder(String name, Map<String, byte[]> files) throws IOException {
        for (Map.Entry<String, byte[]> f : files.entrySet()) {
            Path p = dir.resolve(name).resolve(f.getKey());
            Files.createDirectories(p.getParent());
            Files.write(p, f.getValue());
        }
        return dir.resolve(name);
    }

    /** As a folder, as a tar and as a tar.gz with a folder around everything. */
    private List<Path> everyForm(String name, Map<String, byte[]> files) throws IOException {
        Map<String, byte[]> nested = new LinkedHashMap<>();
        files.forEach((path, content) -> nested.put("around/" + path, content));
        return List.of(folder(name, files), Tars.write(dir.resolve(name + ".tar"), files), Tars.write(dir.resolve(name + ".tar.gz"), nested));
    }

    @Test
    void imageFoldersWithTrainValAndTest() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("train/cat/1.png", png(10));
        files.put("train/dog/1.png", png(20));
        files.put("train/dog/2.png", png(20));
        files.put("val/dog/9.png", png(20));
        for (Path at : everyForm("three", files)) {
            assertEquals(Map.of("0 cat:10", 1, "1 dog:20", 2), census(at, Split.TRAIN), at.toString());
            assertEquals(Map.of("1 dog:20", 1), census(at, Split.TEST), at.toString());
        }
        files.put("test/cat/7.png", png(10));
        for (Path at : everyForm("four", files)) {
            assertEquals(Map.of("0 cat:10", 1), census(at, Split.TEST), at.toString());
        }
    }

    @Test
    void aClassIndexFileGivesTheOrderOfClasses() throws IOException {
        Map<String, String> forms = Map.of(
                "classes.txt", "dog Dog\nbird\ncat\n",
                "class_to_idx.json", "{\"cat\": 2, \"dog\": 0, \"bird\": 1}",
                "class_index.json", "{\"0\": [\"dog\", \"the dog\"], \"1\": [\"bird\", \"b\"], \"2\": [\"cat\", \"c\"]}");
        for (Map.Entry<String, String> form : forms.entrySet()) {
            Map<String, byte[]> files = new LinkedHashMap<>();
            files.put("train/cat/1.png", png(10));
            files.put("train/dog/1.png", png(20));
            files.put(form.getKey(), text(form.getValue()));
            for (Path at : everyForm(form.getKey().replace('.', '-'), files)) {
                assertEquals(Map.of("2 cat:10", 1, "0 dog:20", 1), census(at, Split.TRAIN), at.toString());
            }
        }
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("train/cow/1.png", png(10));
        files.put("classes.txt", text("cat\ndog\n"));
        Path at = folder("lacking", files);
        String m = assertThrows(DonnaException.InvalidInput.class, () -> open(at, Split.TRAIN)).getMessage();
        assertTrue(m.contains("'train/cow/1.png' is of class 'cow'"), m);
        files.put("classes.txt", text("cow\ncow\n"));
        Path twice = folder("twice", files);
        assertThrows(DonnaException.InvalidInput.class, () -> open(twice, Split.TRAIN));
    }

    @Test
    void tinyImageNet() throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("wnids.txt", text("n02\nn01\n"));
        files.put("train/n01/images/n01_0.png", png(10));
        files.put("train/n01/n01_boxes.txt", text("n01_0.png\t0\t0\t3\t3\n"));
        files.put("train/n02/images/n02_0.png", png(20));
        files.put("val/images/val_0.png", png(20));
        files.put("val/images/val_1.png", png(10));
        files.put("val/val_annotations.txt", text("val_0.png\tn02\t0\t0\t1\t1\nval_1.png\tn01\t0\t0\t1\t1\n"));
        files.put("test/images/test_0.png", png(99));
        for (Path at : everyForm("tiny", files)) {
            assertEquals(Map.of("0 n01:10", 1, "1 n02:20", 1), census(at, Split.TRAIN), at.toString());
            assertEquals(Map.of("0 n01:10", 1, "1 n02:20", 1), census(at, Split.TEST), at.toString());
        }
    }

    @Test
    void imageNetWithValidationImagesInOneFolder() throws IOException {
        Map<String, String> lists = Map.of(
                "val.txt", "ILSVRC2012_val_1.png 1\nILSVRC2012_val_2.png 0\n",
                "LOC_val_solution.csv", "ImageId,PredictionString\nILSVRC2012_val_1,n02 1 2 3 4\nILSVRC2012_val_2,n01 1 2 3 4 n01 5 6 7 8\n");
        for (Map.Entry<String, String> list : lists.entrySet()) {
            Map<String, byte[]> files = new LinkedHashMap<>();
            files.put("train/n01/n01_1.png", png(10));
            files.put("train/n02/n02_1.png", png(20));
            files.put("val/ILSVRC2012_val_1.png", png(20));
            files.put("val/ILSVRC2012_val_2.png", png(10));
            files.put("test/ILSVRC2012_test_1.png", png(99));
            files.put(list.getKey(), text(list.getValue()));
            for (Path at : everyForm("imagenet-" + list.getKey().replace('.', '-'), files)) {
                assertEquals(Map.of("0 n01:10", 1, "1 n02:20", 1), census(at, Split.TRAIN), at.toString());
                assertEquals(Map.of("0 n01:10", 1, "1 n02:20", 1), census(at, Split.TEST), at.toString());
            }
        }
    }

    @Test
    void tarShardsHoldAnImageAndItsClassUnderOneKey() throws IOException {
        for (int shard = 0; shard < 3; shard++) {
            Map<String, byte[]> files = new LinkedHashMap<>();
            for (int i = 0; i < 6; i++) {
                int label = (shard * 6 + i) % 12;
                files.put("%06d.png".formatted(i), png(100 + label));
                files.put("%06d.cls".formatted(i), text(label + "\n"));
                files.put("%06d.json".formatted(i), text("{}"));
            }
            Tars.write(dir.resolve("shards/data-train-%06d.tar".formatted(shard)), files);
        }
        Tars.write(dir.resolve("shards/data-val-000000.tar.gz"), Map.of("a/b.cls", text("11"), "a/b.png", png(111)));
        Map<String, Integer> train = census(dir.resolve("shards"), Split.TRAIN);
        assertEquals(12, train.size());
        assertEquals(2, train.get("2 2:102"));
        assertEquals(1, train.get("11 11:111"));
        assertEquals(Map.of("11 11:111", 1), census(dir.resolve("shards"), Split.TEST));
        assertEquals(6, census(dir.resolve("shards/data-train-000001.tar"), Split.TRAIN).size(), "a shard alone");
    }

    @Test
    void idxAndCifarOutOfAnArchive() throws IOException {
        byte[] images = ByteBuffer.allocate(16 + 8).putInt(0x803).putInt(2).putInt(2).putInt(2).put(new byte[] {7, 7, 7, 7, 9, 9, 9, 9}).array();
        byte[] labels = ByteBuffer.allocate(8 + 2).putInt(0x801).putInt(2).put(new byte[] {1, 0}).array();
        Path idx = Tars.write(dir.resolve("mnist.tar.gz"), new TreeMap<>(Map.of("x/train-images-idx3-ubyte", images, "x/train-labels-idx1-ubyte", labels)));
        assertEquals("idx", Datasets.kindOf(idx));
        assertEquals(Map.of("1 1:7", 1, "0 0:9", 1), census(idx, Split.TRAIN));
        byte[] record = new byte[3073];
        record[0] = 4;
        record[1] = 33;
        Path cifar = Tars.write(
                dir.resolve("cifar.tar.gz"), Map.of("cifar-10-batches-bin/data_batch_1.bin", record, "cifar-10-batches-bin/test_batch.bin", record));
        assertEquals("cifar-binary", Datasets.kindOf(cifar));
        assertEquals(Map.of("4 4:33", 1), census(cifar, Split.TEST));
        Path two = Tars.write(dir.resolve("two.tar"), new TreeMap<>(Map.of("a/test_batch.bin", record, "b/test_batch.bin", record, "data_batch_1.bin", record)));
        String m = assertThrows(DonnaException.InvalidInput.class, () -> census(two, Split.TEST)).getMessage();
        assertTrue(m.contains("holds two files called test_batch.bin"), m);
    }

    @Test
    void anArchiveBesideImagesIsNoShard() throws IOException {
        Path at = folder("both", Map.of("train/cat/1.png", png(10)));
        Tars.write(at.resolve("copy.tar"), Map.of("train/dog/1.png", png(20)));
        assertEquals(Map.of("0 cat:10", 1), census(at, Split.TRAIN));
    }
}
