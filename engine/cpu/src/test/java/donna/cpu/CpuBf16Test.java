package donna.cpu;

import donna.backend.BackendProvider;
import donna.backend.Device;
import donna.backend.Precision;
import donna.ffi.Dnnl;
import donna.testkit.PrecisionContract;

/** What is multiplied is rounded to 16 bits: by hardware, or, with AVX-512 that lacks it, as oneDNN does it for such a CPU. With AVX2 nothing is rounded. */
class CpuBf16Test extends PrecisionContract {
    @Override
    public BackendProvider provider() {
        return new Rounding();
    }

    @Override
    public Precision precision() {
        return Precision.BF16;
    }

    /** The backend, where it would refuse the precision for being slow, too. */
    private static final class Rounding implements BackendProvider {
        @Override
        public String name() {
            return "cpu";
        }

        @Override
        public int priority() {
            return 0;
        }

        @Override
        public Availability probe() {
            return new CpuBackend().probe();
        }

        @Override
        public Device open(int index, Precision precision, boolean fast) {
            return new CpuDevice(Dnnl.open(), precision);
        }
    }
}
