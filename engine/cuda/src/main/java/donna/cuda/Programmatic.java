package donna.cuda;

import donna.ffi.CudaDevice;
import donna.ffi.CudaStream;
import donna.tensor.DonnaException;
import java.util.Arrays;
import java.util.Locale;

/**
 * After what our kernels are launched programmatically: their blocks come onto the card while what is before them in the stream ends, and wait there. Each
 * kernel waits for the whole of what is directly before it, so what comes earlier has ended too. After copies, fills, waits for other streams and
 * convolutions of cuDNN, which may do any of these last, a launch is an ordinary one.
 */
enum Programmatic {
    /** Nothing. */
    OFF,
    /** Our kernels. */
    KERNELS,
    /** Our kernels and products of cuBLASLt. */
    ALL;

    /** Names one of these, in small letters, if another than {@link #ALL} is wanted. */
    static final String PROPERTY = "donna.cuda.programmatic";

    /**
     * What {@value #PROPERTY} says; {@link #OFF} on a card that launches nothing programmatically.
     *
     * @throws DonnaException.InvalidInput if it says none of these
     */
    static Programmatic on(CudaDevice card) {
        String wanted = System.getProperty(PROPERTY, ALL.word());
        Programmatic named = Arrays.stream(values()).filter(p -> p.word().equals(wanted)).findFirst().orElseThrow(() -> new DonnaException.InvalidInput(
                "-D" + PROPERTY + "=" + wanted + ": expected off, kernels or all; leave it out for all"));
        return card.launchesProgrammatically() ? named : OFF;
    }

    private String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether a kernel is launched programmatically after {@code last}. */
    boolean after(CudaStream.Work last) {
        return switch (last) {
            case KERNEL -> this != OFF;
            case PRODUCT -> this == ALL;
            case OTHER -> false;
        };
    }
}
