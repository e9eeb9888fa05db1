package donna.cuda;

import donna.backend.BackendProvider;
import donna.backend.Device;
import donna.backend.Precision;
import donna.ffi.Cuda;
import donna.ffi.CudaBindings;
import donna.ffi.CudaDevice;
import donna.ffi.KernelCompiler;
import donna.ffi.NativeException;
import donna.tensor.DonnaException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Provides the backend {@code cuda}: NVIDIA cards of compute capability 7.0 (Volta) and newer. */
public final class CudaBackend implements BackendProvider {
    private static final int OLDEST = 70;

    private final Supplier<CudaBindings> bindings;

    /** Called by the service loader. */
    public CudaBackend() {
        this(CudaBindings::load);
    }

    /** With given bindings: another implementation of the same C functions. */
    public CudaBackend(Supplier<CudaBindings> bindings) {
        this.bindings = bindings;
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public int priority() {
        return 20;
    }

    @Override
    public Availability probe() {
        try {
            List<CudaDevice> cards = cards(Cuda.open(bindings.get()));
            KernelCompiler compiler = KernelCompiler.open(bindings.get());
            bindings.get().cublasLt().cublasLtGetVersion();
            CudaDevice first = cards.stream().filter(c -> c.computeCapability() >= OLDEST).findFirst().orElse(cards.getFirst());
            return Availability.yes(String.join(", ", cards.stream().map(c -> inWords(c, first)).toList()) + "; NVRTC " + compiler.version());
        } catch (NativeException | DonnaException e) {
            return Availability.no(e.getMessage());
        }
    }

    /** {@code cuda:1 NVIDIA A100 (sm_80)}, and what is to be known before it is asked for. */
    private static String inWords(CudaDevice card, CudaDevice first) {
        String words = "cuda:" + card.ordinal() + " " + card.name() + " (sm_" + card.computeCapability() + ")";
        if (card.computeCapability() < OLDEST) {
            return words + ", too old";
        }
        return card.name().equals(first.name()) ? words : words + ", of another kind: used where it is named";
    }

    @Override
    public int devices() {
        return Cuda.open(bindings.get()).devices().size();
    }

    private static List<CudaDevice> cards(Cuda cuda) {
        List<CudaDevice> cards = cuda.devices();
        if (cards.isEmpty()) {
            throw new DonnaException.Unavailable("CUDA: the driver finds no card; run nvidia-smi to see its state");
        }
        return cards;
    }

    @Override
    public Set<Precision> precisions() {
        return EnumSet.allOf(Precision.class);
    }

    @Override
    public String givenUp() {
        return "matrix products take the algorithm that was the fastest when it was first timed on this card, so the same seed gives the same bits only as long"
                + " as the folder of compiled kernels keeps that choice";
    }

    @Override
    public Device open(int index, Precision precision, boolean fast) {
        try {
            Cuda cuda = Cuda.open(bindings.get());
            List<CudaDevice> cards = cards(cuda);
            if (index < 0 || index >= cards.size()) {
                throw new DonnaException.Unavailable("device 'cuda:" + index + "': there are " + cards.size() + " cards, numbered from 0");
            }
            CudaDevice card = cards.get(index);
            if (card.computeCapability() < OLDEST) {
                throw new DonnaException.Unavailable("device 'cuda:" + index + "': " + card.name() + " has compute capability "
                        + card.computeCapability() / 10.0 + "; expected at least " + OLDEST / 10.0);
            }
            return new GpuDevice(cuda, card, Arithmetic.of(precision, card), fast);
        } catch (NativeException e) {
            throw new DonnaException.Unavailable("device 'cuda:" + index + "' cannot be used: " + e.getMessage(), e);
        }
    }
}
