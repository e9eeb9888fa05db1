package donna.data;

import donna.tensor.DonnaException;
import java.util.List;

/**
 * Labelled images of one size, as raw bytes. Reads are thread-safe. Who opened a data set closes it, after the last
 * read; a {@link #slice} shares the bytes and need not be closed.
 */
public interface Dataset extends AutoCloseable {
    /** For messages and results: {@code fashion-mnist train}. */
    String name();

    /** Number of images. */
    int size();

    int channels();

    /** Rows of an image, in pixels. */
    int height();

    /** Columns of an image, in pixels. */
    int width();

    /** Names of the classes; a label is a position in this list. */
    List<String> classes();

    /** Class of image {@code i}. */
    int label(int i);

    /**
     * Copies image {@code i} as {@code [C, H, W]} unsigned bytes.
     *
     * @param dst receives {@link #imageBytes} bytes from {@code offset}
     * @throws DonnaException.InvalidInput if there is no image {@code i}
     * @throws DonnaException.Closed after {@link #close}
     */
    void read(int i, byte[] dst, int offset);

    /** Bytes of one image: channels x height x width. */
    default int imageBytes() {
        return channels() * height() * width();
    }

    /**
     * Images {@code from .. to - 1} under the indices {@code 0 .. to - from - 1}.
     *
     * @throws DonnaException.InvalidInput if the range is empty or leaves the data set
     */
    default Dataset slice(int from, int to) {
        return new Slice(this, from, to);
    }

    /** Frees what the data set holds; idempotent. */
    @Override
    void close();
}
