package donna.data;

import donna.tensor.DonnaException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * Decodes a list of images into one segment, image {@code i} at place {@code i}: one thread reads, others decode,
 * and a bounded number of encoded images is in memory. Used by one thread.
 */
final class ImageDecoding implements AutoCloseable {
    private final Path source;
    private final List<ImageSource.Entry> wanted;
    private final int size;
    private final int resize;
    private final int threads;
    private final Optional<Path> cacheFile;
    private final Map<String, ImageDecoder> decoders = new HashMap<>();
    private final Map<Integer, String> broken = new ConcurrentHashMap<>();
    private final Map<Integer, String> misfits = new ConcurrentHashMap<>();
    private final Map<Integer, Throwable> failures = new ConcurrentHashMap<>();
    private Optional<ImageCache.Writer> writer = Optional.empty();
    private MemorySegment pixels = MemorySegment.NULL;
    private int height;
    private int width;

    ImageDecoding(Path source, List<ImageSource.Entry> wanted, ImageFolder.Options options, Optional<Path> cacheFile) {
        this.source = source;
        this.wanted = wanted;
        this.size = options.size();
        this.resize = options.resize();
        this.threads = options.threads();
        this.cacheFile = cacheFile;
        wanted.forEach(e -> decoders.computeIfAbsent(e.ending(), ImageDecoder::of));
    }

    /** Decodes everything; afterwards {@link #broken} says which images could not be. */
    void run(ImageSource files) {
        Map<ImageSource.Entry, Integer> places = new HashMap<>();
        for (int i = 0; i < wanted.size(); i++) {
            places.put(wanted.get(i), i);
        }
        Semaphore room = new Semaphore(4 * threads);
        try (ExecutorService pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().daemon().factory())) {
            files.read(wanted, (entry, bytes) -> {
                int place = places.remove(entry);
                if (pixels.byteSize() == 0) {
                    decode(place, bytes);
                    return;
                }
                room.acquireUninterruptibly();
                pool.execute(() -> {
                    try {
                        decode(place, bytes);
                    } catch (RuntimeException | Error e) {
                        failures.put(place, e);
                    } finally {
                        room.release();
                    }
                });
            });
        }
        places.values().forEach(i -> broken.put(i, "it is gone"));
        check();
    }

    private void check() {
        failures.values().stream().findFirst().ifPresent(e -> {
            throw new DonnaException.InvalidInput(source + ": decoding failed (" + e + ")", e);
        });
        if (!misfits.isEmpty()) {
            Map.Entry<Integer, String> first = new TreeMap<>(misfits).firstEntry();
            throw new DonnaException.InvalidInput(
                    source + ": '" + wanted.get(first.getKey()).path() + "' has "
                            + first.getValue() + " pixels, another image " + height + "x" + width
                            + "; give an image size, so that all are brought to it");
        }
        if (pixels.byteSize() == 0) {
            throw new DonnaException.InvalidInput(source + ": all " + wanted.size() + " images are broken: '"
                    + wanted.getFirst().path() + "' " + broken.get(0));
        }
    }

    private void decode(int place, byte[] bytes) {
        ImageDecoder.Pixels image;
        try {
            image = decoders.get(wanted.get(place).ending()).decode(bytes);
        } catch (DonnaException.InvalidInput e) {
            broken.put(place, e.getMessage());
            return;
        }
        if (pixels.byteSize() == 0) {
            allocate(size == 0 ? image.height() : size, size == 0 ? image.width() : size);
        }
        if (size == 0 && (image.height() != height || image.width() != width)) {
            misfits.put(place, image.height() + "x" + image.width());
            return;
        }
        byte[] rgb = size == 0 ? image.rgb() : Resampling.toSquare(image, size, resize);
        MemorySegment.copy(rgb, 0, pixels, ValueLayout.JAVA_BYTE, (long) place * rgb.length, rgb.length);
    }

    private void allocate(int h, int w) {
        height = h;
        width = w;
        long bytes = 3L * wanted.size() * h * w;
        if (cacheFile.isPresent()) {
            writer = Optional.of(new ImageCache.Writer(cacheFile.get(), bytes));
            pixels = writer.get().pixels();
        } else if (bytes <= Integer.MAX_VALUE - 16) {
            pixels = MemorySegment.ofArray(new byte[(int) bytes]);
        } else {
            throw new DonnaException.InvalidInput(source + ": " + wanted.size() + " images of " + h + "x" + w + " take "
                    + bytes + " bytes, more than fit on the heap; give a cache folder");
        }
    }

    /** Places of the images that could not be decoded, with the reason. */
    TreeMap<Integer, String> broken() {
        return new TreeMap<>(broken);
    }

    /** Moves the images after a broken one down, so that the first ones are all good. */
    void dropBroken() {
        long each = 3L * height * width;
        int kept = 0;
        for (int i = 0; i < wanted.size(); i++) {
            if (!broken.containsKey(i)) {
                if (kept < i) {
                    MemorySegment.copy(pixels, i * each, pixels, kept * each, each);
                }
                kept++;
            }
        }
    }

    int height() {
        return height;
    }

    int width() {
        return width;
    }

    MemorySegment pixels() {
        return pixels;
    }

    /** Gives the cache file its name. */
    void finish(ImageCache.Content content) {
        writer.orElseThrow().finish(content);
    }

    @Override
    public void close() {
        writer.ifPresent(ImageCache.Writer::close);
    }
}
