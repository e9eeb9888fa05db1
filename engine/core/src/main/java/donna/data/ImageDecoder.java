package donna.data;

import donna.tensor.DonnaException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.Collectors;
import java.util.stream.Stream;

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

    /** Why it cannot be used here; empty if it can. */
    default Optional<String> refusal() {
        return Optional.empty();
    }

    /** Of several decoders for one ending the one of the highest rank is taken. */
    default int rank() {
        return 0;
    }

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

    /** Every decoder that can be used here, the highest rank first. */
    static List<ImageDecoder> all() {
        return provided().filter(d -> d.refusal().isEmpty()).sorted(Comparator.comparing(d -> -d.rank())).toList();
    }

    /** In words, which decoder files with this ending get, and why better ones are not used. */
    static String choice(String ending) {
        String refused = provided()
                .flatMap(d -> d.refusal().map(why -> d.name() + ": " + why).stream())
                .collect(Collectors.joining("; "));
        return of(ending).name() + (refused.isEmpty() ? "" : " (" + refused + ")");
    }

    private static Stream<ImageDecoder> provided() {
        return ServiceLoader.load(ImageDecoder.class).stream().map(ServiceLoader.Provider::get);
    }
}
