package donna.cuda;

import donna.backend.Precision;
import donna.ffi.CudaDevice;
import donna.ffi.CudaElement;
import donna.kernels.Storage;
import donna.tensor.DonnaException;

/**
 * What a precision means for plans.
 *
 * @param precision as the user asked for it
 * @param storage of activations, of their gradients and of what products multiply
 */
record Arithmetic(Precision precision, Storage storage) {
    /** Older cards multiply no TF32 and no BF16. */
    private static final int OLDEST_WITH_ALL = 80;

    static Arithmetic of(Precision precision, CudaDevice card) {
        boolean needsNewer = precision == Precision.TF32 || precision == Precision.BF16;
        if (needsNewer && card.computeCapability() < OLDEST_WITH_ALL) {
            throw new DonnaException.Unavailable("device 'cuda:" + card.ordinal() + "': " + card.name() + " has compute capability "
                    + card.computeCapability() / 10.0 + "; " + precision.word() + " needs at least " + OLDEST_WITH_ALL / 10.0 + "; ask for f32 or f16");
        }
        return new Arithmetic(precision, switch (precision) {
            case F32, TF32 -> Storage.F32;
            case BF16 -> Storage.BF16;
            case F16 -> Storage.F16;
        });
    }

    /** Whether products and convolutions of floats may round what they multiply to TF32. */
    boolean tensorFloat() {
        return precision == Precision.TF32;
    }

    /** The libraries' name of a storage. */
    static CudaElement element(Storage storage) {
        return switch (storage) {
            case F32 -> CudaElement.F32;
            case F16 -> CudaElement.F16;
            case BF16 -> CudaElement.BF16;
        };
    }
}
