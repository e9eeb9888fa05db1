package donna.cpu.kernel;

import donna.tensor.Activation;
import java.lang.foreign.MemorySegment;

/** {@code act(x + bias)} in place, behind a convolution, a run of pixels at a time; nothing is done where there is neither. Not thread-safe. */
final class BiasActivation {
    private final boolean bias;
    private final Activation act;
    private final Normalizer sum;

    BiasActivation(int channels, boolean bias, Activation act) {
        this.bias = bias;
        this.act = act;
        sum = Normalizer.shifting(channels);
    }

    /** Takes the bias, which counts only where there is one. */
    void begin(MemorySegment plain) {
        if (bias) {
            sum.shift(plain);
        }
    }

    /** Pixels of channel block {@code block}. */
    void apply(int block, MemorySegment images, long at, int pixels) {
        if (bias || act != Activation.NONE) {
            sum.apply(act, block, images, at, images, at, pixels);
        }
    }
}
