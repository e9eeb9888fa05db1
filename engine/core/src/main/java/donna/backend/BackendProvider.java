package donna.backend;

import donna.tensor.DonnaException;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** A way to run graphs, found by {@link java.util.ServiceLoader}. Stateless and thread-safe. */
public interface BackendProvider {
    /** Short name used by {@code --device}: {@code reference}, {@code cpu}, {@code cuda}. */
    String name();

    /** Higher is tried first by {@code auto}. */
    int priority();

    /** Looks whether the backend can be used here; never throws. */
    Availability probe();

    /** How many devices there are, where {@link #probe} says yes; they are numbered from 0. */
    default int devices() {
        return 1;
    }

    /**
     * Opens device {@code index}, all of whose plans compute in {@code precision}; the caller closes it.
     *
     * @param fast whether it may give up {@link #givenUp} to be faster
     * @throws DonnaException.Unavailable if {@link #probe} says no, there is no such device, or it does not offer the precision
     */
    Device open(int index, Precision precision, boolean fast);

    /** As {@link #open(int, Precision, boolean)}, giving nothing up: one seed gives the same bits in every run. */
    default Device open(int index, Precision precision) {
        return open(index, precision, false);
    }

    /** What a device that is opened {@code fast} gives up, as a sentence without its end. */
    default String givenUp() {
        return "nothing is given up: the same seed gives the same bits here in any case";
    }

    /** Opens device {@code index} in single precision. */
    default Device open(int index) {
        return open(index, Precision.F32);
    }

    /** What its devices compute in; a single one may offer less. */
    default Set<Precision> precisions() {
        return EnumSet.of(Precision.F32);
    }

    /** @throws DonnaException.Unavailable if {@code precision} is not among {@link #precisions} */
    default void require(Precision precision) {
        if (!precisions().contains(precision)) {
            throw new DonnaException.Unavailable("device '" + name() + "' " + refusal(precision));
        }
    }

    /** Why {@code precision} is refused, after the device's name. */
    default String refusal(Precision precision) {
        return "computes in " + precisions().stream().map(Precision::word).collect(Collectors.joining(", ")) + ", not in " + precision.word()
                + "; ask for another precision or another device";
    }

    /**
     * Whether a backend can be used.
     *
     * @param usable yes or no
     * @param detail the device and library version in words, or the reason why not and what to do
     */
    record Availability(boolean usable, String detail) {
        public static Availability yes(String detail) {
            return new Availability(true, detail);
        }

        public static Availability no(String reason) {
            return new Availability(false, reason);
        }
    }
}
