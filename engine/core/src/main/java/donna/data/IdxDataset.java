package donna.data;

import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads the IDX format of MNIST and its relatives, gzip or raw: a big-endian header {@code 00 00 08 rank}, the
 * dimensions, then unsigned bytes. Images are {@code [N, H, W]} or {@code [N, C, H, W]}, labels {@code [N]}.
 */
public final class IdxDataset {
    private IdxDataset() {}

    /**
     * Reads both files into memory.
     *
     * @param classes names of the classes; when empty, the labels' own numbers from 0 to the largest
     * @throws DonnaException.InvalidInput if a file is missing, truncated, altered or of another kind, or the two
     *     do not fit
     */
    public static Dataset open(String name, Path images, Path labels, List<String> classes) {
        int[] classOf = labels(labels);
        try (InputFile in = InputFile.open(images)) {
            int[] dims = header(in, images, 3, 4);
            if (dims[0] != classOf.length) {
                throw new DonnaException.InvalidInput(images + ": holds " + dims[0] + " images, but " + labels
                        + " holds " + classOf.length + " labels; expected two files of one data set");
            }
            int channels = dims.length == 4 ? dims[1] : 1;
            byte[] pixels = in.readBytes(elements(images, dims), "pixels");
            in.expectEnd();
            return MemoryDataset.of(
                    name,
                    channels,
                    dims[dims.length - 2],
                    dims[dims.length - 1],
                    classes.isEmpty() ? numbers(classOf) : classes,
                    classOf,
                    pixels);
        }
    }

    private static int[] labels(Path file) {
        try (InputFile in = InputFile.open(file)) {
            int[] dims = header(in, file, 1, 1);
            byte[] raw = in.readBytes(dims[0], "labels");
            in.expectEnd();
            int[] labels = new int[raw.length];
            for (int i = 0; i < raw.length; i++) {
                labels[i] = raw[i] & 0xff;
            }
            return labels;
        }
    }

    private static int[] header(InputFile in, Path file, int minRank, int maxRank) {
        int magic = in.readInt("header");
        int rank = magic - 0x800;
        if (rank < minRank || rank > maxRank) {
            throw new DonnaException.InvalidInput(String.format(
                    "%s: begins with %08x, expected %08x%s (IDX of unsigned bytes with %s dimensions)",
                    file,
                    magic,
                    0x800 + minRank,
                    maxRank > minRank ? String.format(" or %08x", 0x800 + maxRank) : "",
                    maxRank > minRank ? minRank + " or " + maxRank : minRank));
        }
        int[] dims = new int[rank];
        for (int i = 0; i < rank; i++) {
            dims[i] = in.readInt("header");
            if (dims[i] < 1) {
                throw new DonnaException.InvalidInput(
                        file + ": dimension " + i + " is " + dims[i] + ", expected at least 1");
            }
        }
        return dims;
    }

    private static long elements(Path file, int[] dims) {
        long n = 1;
        for (int d : dims) {
            if (n > Integer.MAX_VALUE / d) {
                throw new DonnaException.InvalidInput(file + ": dimensions " + Arrays.toString(dims)
                        + " are more than the " + Integer.MAX_VALUE + " bytes that one file may hold");
            }
            n *= d;
        }
        return n;
    }

    private static List<String> numbers(int[] labels) {
        int largest = 0;
        for (int l : labels) {
            largest = Math.max(largest, l);
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i <= largest; i++) {
            names.add(Integer.toString(i));
        }
        return names;
    }
}
