package donna.data;

import donna.tensor.DonnaException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A data set whose pixels lie in one memory segment: an array on the heap, or a mapped file. Thread-safe. */
public final class MemoryDataset implements Dataset {
    private final String name;
    private final int channels;
    private final int height;
    private final int width;
    private final List<String> classes;
    private final int[] labels;
    private final Runnable release;
    private final MemorySegment pixels;
    private volatile boolean closed;

    /**
     * @param pixels {@code [N, C, H, W]} unsigned bytes with N = {@code labels.length}
     * @param release frees the segment when the data set is closed; runs once
     * @throws DonnaException.InvalidInput if sizes do not agree or a label has no class
     */
    public MemoryDataset(
            String name,
            int channels,
            int height,
            int width,
            List<String> classes,
            int[] labels,
            MemorySegment pixels,
            Runnable release) {
        this.name = name;
        this.channels = channels;
        this.height = height;
        this.width = width;
        this.classes = List.copyOf(classes);
        this.labels = labels.clone();
        this.pixels = pixels;
        this.release = release;
        if (channels < 1 || height < 1 || width < 1 || labels.length < 1) {
            throw new DonnaException.InvalidInput(
                    "data set '" + name + "': " + labels.length + " images of [" + channels + ", " + height + ", "
                            + width + "]; expected at least one image and no dimension below 1");
        }
        long expected = (long) labels.length * channels * height * width;
        if (pixels.byteSize() != expected) {
            throw new DonnaException.InvalidInput(
                    "data set '" + name + "': " + labels.length + " images of [" + channels + ", " + height + ", "
                            + width + "] take " + expected + " bytes, got " + pixels.byteSize());
        }
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] < 0 || labels[i] >= classes.size()) {
                throw new DonnaException.InvalidInput("data set '" + name + "': image " + i + " has label " + labels[i]
                        + ", expected 0 to " + (classes.size() - 1));
            }
        }
    }

    /** A data set over an array on the heap. */
    public static MemoryDataset of(
            String name, int channels, int height, int width, List<String> classes, int[] labels, byte[] pixels) {
        return new MemoryDataset(
                name, channels, height, width, classes, labels, MemorySegment.ofArray(pixels), () -> {});
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int size() {
        return labels.length;
    }

    @Override
    public int channels() {
        return channels;
    }

    @Override
    public int height() {
        return height;
    }

    @Override
    public int width() {
        return width;
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public int label(int i) {
        return labels[inside(i)];
    }

    @Override
    public void read(int i, byte[] dst, int offset) {
        int n = imageBytes();
        MemorySegment.copy(open(), ValueLayout.JAVA_BYTE, (long) inside(i) * n, dst, offset, n);
    }

    private MemorySegment open() {
        if (closed) {
            throw new DonnaException.Closed("data set '" + name + "' is closed; read it before its owner closes it");
        }
        return pixels;
    }

    private int inside(int i) {
        if (i < 0 || i >= labels.length) {
            throw new DonnaException.InvalidInput(
                    "data set '" + name + "': image " + i + " was asked for; expected 0 to " + (labels.length - 1));
        }
        return i;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            release.run();
        }
    }
}
