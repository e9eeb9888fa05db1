package donna.kernels;

/** How the work of {@code squeeze_excite.cu} is laid out, and what it is for. */
public final class SqueezeExciteGrid {
    /** Of a block. */
    static final int THREADS = 512;

    /** That a block treats, so that each weight it reads serves them all; 128 samples then still fill half a large card. */
    static final int SAMPLES = 2;

    /** Of a block that makes gradients of parameters. */
    static final int CHANNELS = 4;

    /** Channels whose means are in shared memory for all samples of a block, at most, as are the reduced ones. */
    static final int MOST_CHANNELS = 3072;

    static final int MOST_REDUCED = 256;

    private SqueezeExciteGrid() {}

    /** Whether shared memory holds what a block needs. */
    public static boolean fits(int channels, int reduced) {
        return channels <= MOST_CHANNELS && reduced <= MOST_REDUCED;
    }

    /** Of the gate, or of the gradient of what it is made of. */
    public static Launch samples(int samples) {
        return new Launch(Math.ceilDiv(samples, SAMPLES), 1, 1, THREADS, 1);
    }

    /** Of the gradients of the parameters. */
    public static Launch parameters(int channels) {
        return new Launch(Math.ceilDiv(channels, CHANNELS), 1, 1, THREADS, 1);
    }
}
