package donna.data;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Decoded images in a file that is mapped into memory, so that a data set may be larger than the heap and decoding
 * is done once. Layout, big-endian: magic, images, height, width, length and CRC-32C of the tail; from byte {@value
 * #PIXELS_AT} the pixels {@code [N, 3, H, W]}; then the tail: a label for each image and the class names, one a
 * line.
 */
final class ImageCache {
    private static final long MAGIC = 0x444f4e4e41494d31L;
    private static final int PIXELS_AT = 4096;
    private static final int MAX_TAIL = 1 << 30;

    private ImageCache() {}

    /** Size and classes of what is stored. */
    record Content(int height, int width, int[] labels, List<String> classes) {
        private byte[] tail() {
            byte[] names = String.join("\n", classes).getBytes(StandardCharsets.UTF_8);
            ByteBuffer b = ByteBuffer.allocate(4 * labels.length + names.length);
            for (int l : labels) {
                b.putInt(l);
            }
            return b.put(names).array();
        }
    }

    /** A new cache file under another name until {@link #finish}; the caller closes it. */
    static final class Writer implements AutoCloseable {
        private final Path target;
        private final Path temporary;
        private final Arena arena = Arena.ofShared();
        private final MemorySegment pixels;

        /**
         * Takes the room on disk at once, so that a full disk is an error here and not a fault while pixels are
         * written.
         */
        Writer(Path target, long pixelBytes) {
            this.target = target;
            try {
                Files.createDirectories(target.toAbsolutePath().getParent());
                temporary =
                        Files.createTempFile(target.toAbsolutePath().getParent(), "." + target.getFileName(), ".tmp");
                try (FileChannel channel =
                        FileChannel.open(temporary, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                    ByteBuffer zeros = ByteBuffer.allocate(1 << 20);
                    for (long at = 0; at < PIXELS_AT + pixelBytes; at += zeros.capacity()) {
                        zeros.clear().limit((int) Math.min(zeros.capacity(), PIXELS_AT + pixelBytes - at));
                        write(channel, zeros, at);
                    }
                    pixels = channel.map(FileChannel.MapMode.READ_WRITE, PIXELS_AT, pixelBytes, arena);
                } catch (IOException e) {
                    arena.close();
                    Files.deleteIfExists(temporary);
                    throw e;
                }
            } catch (IOException e) {
                throw new DonnaException.InvalidInput(
                        target + ": the cache of decoded images (" + pixelBytes + " bytes) cannot be written ("
                                + e.getMessage() + "); check that the disk has room, or choose another cache folder",
                        e);
            }
        }

        MemorySegment pixels() {
            return pixels;
        }

        /** Completes the file with the first {@code content.labels().length} images and gives it its name. */
        void finish(Content content) {
            byte[] tail = content.tail();
            long pixelBytes = 3L * content.labels().length * content.height() * content.width();
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                pixels.force();
                write(channel, ByteBuffer.wrap(tail), PIXELS_AT + pixelBytes);
                channel.truncate(PIXELS_AT + pixelBytes + tail.length);
                write(channel, header(content.labels().length, content.height(), content.width(), tail), 0);
                channel.force(true);
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new DonnaException.InvalidInput(
                        target + ": the cache of decoded images cannot be written (" + e.getMessage() + ")", e);
            }
        }

        @Override
        public void close() {
            arena.close();
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException e) {
                throw new DonnaException.InvalidInput(temporary + ": cannot be removed (" + e.getMessage() + ")", e);
            }
        }
    }

    private static ByteBuffer header(int images, int height, int width, byte[] tail) {
        CRC32C crc = new CRC32C();
        crc.update(tail);
        return ByteBuffer.allocate(32)
                .putLong(MAGIC)
                .putInt(images)
                .putInt(height)
                .putInt(width)
                .putInt(tail.length)
                .putLong(crc.getValue())
                .flip();
    }

    private static void write(FileChannel channel, ByteBuffer b, long at) throws IOException {
        long position = at;
        while (b.hasRemaining()) {
            position += channel.write(b, position);
        }
    }

    /** Maps a finished cache; empty if there is none or it is not whole, so that it is made anew. */
    static Optional<Dataset> open(String name, Path file) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer head = read(channel, 0, 32);
            long magic = head.getLong();
            int images = head.getInt();
            int height = head.getInt();
            int width = head.getInt();
            int tailBytes = head.getInt();
            boolean sane = magic == MAGIC
                    && images > 0
                    && height > 0
                    && width > 0
                    && height <= ImageDecoder.MAX_PIXELS / width
                    && tailBytes >= 4L * images
                    && tailBytes <= MAX_TAIL;
            long pixelBytes = sane ? 3L * images * height * width : 0;
            if (!sane || channel.size() != PIXELS_AT + pixelBytes + tailBytes) {
                return Optional.empty();
            }
            ByteBuffer tail = read(channel, PIXELS_AT + pixelBytes, tailBytes);
            if (!header(images, height, width, tail.array()).equals(head.rewind())) {
                return Optional.empty();
            }
            int[] labels = new int[images];
            Arrays.setAll(labels, i -> tail.getInt());
            String names = StandardCharsets.UTF_8.decode(tail).toString();
            Mapping mapping = new Mapping(channel, pixelBytes);
            try {
                return Optional.of(new MemoryDataset(
                        name, 3, height, width, List.of(names.split("\n")), labels, mapping.pixels, mapping::close));
            } catch (DonnaException e) {
                mapping.close();
                return Optional.empty();
            }
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(
                    file + ": the cache of decoded images cannot be read (" + e.getMessage() + "); remove it", e);
        }
    }

    private static ByteBuffer read(FileChannel channel, long at, int count) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(count);
        while (b.hasRemaining()) {
            if (channel.read(b, at + b.position()) < 0) {
                break;
            }
        }
        return b.rewind();
    }

    /** The pixels of a finished file, owned by the data set that is made of them. */
    private static final class Mapping {
        private final Arena arena = Arena.ofShared();
        private final MemorySegment pixels;

        Mapping(FileChannel channel, long bytes) throws IOException {
            try {
                pixels = channel.map(FileChannel.MapMode.READ_ONLY, PIXELS_AT, bytes, arena);
            } catch (IOException e) {
                arena.close();
                throw e;
            }
        }

        void close() {
            arena.close();
        }
    }
}
