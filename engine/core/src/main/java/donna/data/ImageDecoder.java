package donna.data;

import donna.tensor.DonnaException;
import java.util.List;
import java.util.ServiceLoader;

/**
 * Turns an encoded image into pixels; found by {@link ServiceLoader}, because decoders need modules that the core
 * does not. Implementations are thread-safe.
 */
public interface ImageDecoder {
    /** Most pixels that an image may have, so that a small file cannot ask for much memory. */
    int MAX_PIXELS = 1 << 26;

    /**
     * A decoded image.
     *
     * @param rgb {@code [3, height, width]} unsigned bytes
     */
    record Pixels(int height, int width, byte[] rgb) {}

    /** For messages, and for telling one decoder's results from another's. */
    String name();

    /** Whether files with this ending (lower case, no dot) are its business. */
    boolean handles(String ending);

    /**
     * Decodes one image; grey becomes equal red, green and blue, transparency is dropped.
     *
     * @throws DonnaException.InvalidInput if it is truncated, damaged or larger than {@link #MAX_PIXELS}
     */
    Pixels decode(byte[] encoded);

    /**
     * The decoder for files with this ending.
     *
     * @throws DonnaException.Unavailable if no module provides one
     */
    static ImageDecoder of(String ending) {
        List<ImageDecoder> all = all();
        return all.stream()
                .filter(d -> d.handles(ending))
                .findFirst()
                .orElseThrow(() -> new DonnaException.Unavailable(
                        "no decoder for '" + ending + "' images: no module provides " + ImageDecoder.class.getName()
                                + " for them; found "
                                + all.stream().map(ImageDecoder::name).toList()
                                + "; add donna.search to the module path"));
    }

    /** Every decoder on the module path or class path. */
    static List<ImageDecoder> all() {
        return ServiceLoader.load(ImageDecoder.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
    }
}
