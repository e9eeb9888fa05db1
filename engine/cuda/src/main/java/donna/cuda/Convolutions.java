package donna.cuda;

import donna.ffi.ConvolutionPlan;
import donna.ffi.ConvolutionSpec;
import donna.ffi.CudaBindings;
import donna.ffi.Dnn;
import donna.ffi.NativeException;
import java.util.Optional;

/**
 * cuDNN on one card, opened when a convolution first asks for it. Where it is not there, or has no plan, the device says so once; convolutions are then
 * products of gathered windows. Thread-safe; the context is current.
 */
final class Convolutions implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Convolutions.class.getName());

    /** Memory that a convolution may use besides. */
    private static final long WORKSPACE_BYTES = 1L << 30;

    private final CudaBindings bindings;
    private final String device;
    private Optional<Dnn> dnn;
    private boolean told;

    /** @param device its name, for messages */
    Convolutions(CudaBindings bindings, String device) {
        this.bindings = bindings;
        this.device = device;
    }

    /** cuDNN's way to compute a convolution, which the caller closes; empty if it has none. */
    synchronized Optional<ConvolutionPlan> plan(ConvolutionSpec spec, ConvolutionSpec.Pass pass) {
        if (dnn == null) {
            dnn = open();
        }
        try {
            return dnn.map(d -> d.convolution(spec, pass, WORKSPACE_BYTES));
        } catch (NativeException e) {
            if (e.status() != Dnn.NO_PLAN) {
                throw e;
            }
            tell(e);
            return Optional.empty();
        }
    }

    private Optional<Dnn> open() {
        try {
            return Optional.of(Dnn.open(bindings));
        } catch (NativeException e) {
            tell(e);
            return Optional.empty();
        }
    }

    private void tell(NativeException why) {
        if (!told) {
            told = true;
            LOG.log(System.Logger.Level.WARNING, device + ": convolutions that cuDNN does not compute are products of gathered windows, which is slower: "
                    + why.getMessage());
        }
    }

    @Override
    public synchronized void close() {
        if (dnn != null) {
            dnn.ifPresent(Dnn::close);
        }
    }
}
