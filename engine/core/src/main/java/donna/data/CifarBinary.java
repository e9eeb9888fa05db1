package donna.data;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads the binary form of CIFAR-10 ({@code data_batch_1.bin} .. and {@code test_batch.bin}: a label byte, then 3 x
 * 32 x 32 pixels) and CIFAR-100 ({@code train.bin} and {@code test.bin}: a coarse label, a fine label, then the
 * pixels; the fine one is used). The number of records is the files'.
 */
public final class CifarBinary {
    private static final int SIDE = 32;
    private static final int IMAGE = 3 * SIDE * SIDE;
    private static final int MAX_BATCHES = 100;

    private CifarBinary() {}

    /** Whether the folder holds files of either form. */
    public static boolean isIn(Path folder) {
        return Files.isRegularFile(folder.resolve("test_batch.bin")) || Files.isRegularFile(folder.resolve("test.bin"));
    }

    /**
     * Reads one part into memory.
     *
     * @param classes names of the classes; when empty, those in {@code batches.meta.txt} or {@code
     *     fine_label_names.txt}, else numbers
     * @throws DonnaException.InvalidInput if files are missing, or a file's length or a label is impossible
     */
    public static Dataset open(String name, Path folder, Split split, List<String> classes) {
        boolean ten = !Files.isRegularFile(folder.resolve("test.bin"));
        List<Path> files = files(folder, split, ten);
        int record = IMAGE + (ten ? 1 : 2);
        long total = 0;
        for (Path f : files) {
            long bytes = size(f);
            if (bytes == 0 || bytes % record != 0) {
                throw new DonnaException.InvalidInput(f + ": expected a multiple of " + record + " bytes ("
                        + (record - IMAGE) + " of label and " + IMAGE + " of pixels), found " + bytes
                        + "; it is truncated or of another kind");
            }
            total += bytes / record;
        }
        if (total * IMAGE > Integer.MAX_VALUE - 16) {
            throw new DonnaException.InvalidInput(folder + ": holds " + total + " images, more than fit into 2 GiB");
        }
        byte[] pixels = new byte[(int) total * IMAGE];
        int[] labels = new int[(int) total];
        int i = 0;
        for (Path f : files) {
            byte[] raw = read(f);
            for (int at = 0; at + record <= raw.length && i < labels.length; at += record, i++) {
                labels[i] = raw[at + record - IMAGE - 1] & 0xff;
                System.arraycopy(raw, at + record - IMAGE, pixels, i * IMAGE, IMAGE);
            }
        }
        if (i < labels.length) {
            throw new DonnaException.InvalidInput(folder + ": expected " + labels.length + " images, found " + i
                    + "; a file was changed while it was read");
        }
        return MemoryDataset.of(name, 3, SIDE, SIDE, classes.isEmpty() ? stored(folder, ten) : classes, labels, pixels);
    }

    private static List<Path> files(Path folder, Split split, boolean ten) {
        List<String> names = split == Split.TEST
                ? List.of(ten ? "test_batch.bin" : "test.bin")
                : ten
                        ? IntStream.rangeClosed(1, MAX_BATCHES)
                                .mapToObj(k -> "data_batch_" + k + ".bin")
                                .toList()
                        : List.of("train.bin");
        List<Path> found = new ArrayList<>();
        for (String n : names) {
            if (!Files.isRegularFile(folder.resolve(n))) {
                break;
            }
            found.add(folder.resolve(n));
        }
        if (found.isEmpty()) {
            throw new DonnaException.InvalidInput(folder + ": holds no " + names.getFirst()
                    + "; expected the folder of CIFAR's binary version (data_batch_1.bin and test_batch.bin,"
                    + " or train.bin and test.bin)");
        }
        return found;
    }

    private static List<String> stored(Path folder, boolean ten) {
        Path names = folder.resolve(ten ? "batches.meta.txt" : "fine_label_names.txt");
        int count = ten ? 10 : 100;
        if (!Files.isRegularFile(names)) {
            return IntStream.range(0, count).mapToObj(Integer::toString).toList();
        }
        List<String> lines = new String(read(names), StandardCharsets.UTF_8)
                .lines()
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .toList();
        if (lines.size() != count) {
            throw new DonnaException.InvalidInput(
                    names + ": expected " + count + " class names, found " + lines.size());
        }
        return lines;
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }
}
