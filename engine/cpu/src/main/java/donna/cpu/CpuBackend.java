package donna.cpu;

import donna.backend.BackendProvider;
import donna.backend.Device;
import donna.backend.Precision;
import donna.cpu.kernel.Lanes;
import donna.ffi.Dnnl;
import donna.ffi.NativeException;
import donna.tensor.DonnaException;
import java.util.EnumSet;
import java.util.Set;

/** Provides the backend {@code cpu}. */
public final class CpuBackend implements BackendProvider {
    /** Called by the service loader. */
    public CpuBackend() {}

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public int priority() {
        return 10;
    }

    @Override
    public Availability probe() {
        if (Lanes.L < 8) {
            return Availability.no("vectors of " + Lanes.L * 32 + " bits; at least 256 (AVX2) are needed");
        }
        try (Dnnl dnnl = Dnnl.open()) {
            return Availability.yes("oneDNN " + dnnl.description());
        } catch (NativeException e) {
            return Availability.no(e.getMessage());
        }
    }

    @Override
    public Set<Precision> precisions() {
        return multipliesBf16() ? EnumSet.of(Precision.F32, Precision.BF16) : EnumSet.of(Precision.F32);
    }

    @Override
    public String refusal(Precision precision) {
        return precision == Precision.BF16
                ? "computes in f32: this CPU has neither AVX512-BF16 nor AMX, which bf16 needs; ask for f32 or another device"
                : BackendProvider.super.refusal(precision);
    }

    private static boolean multipliesBf16() {
        try (Dnnl dnnl = Dnnl.open()) {
            return dnnl.multipliesBf16();
        } catch (NativeException e) {
            return false;
        }
    }

    @Override
    public Device open(int index, Precision precision, boolean fast) {
        if (index != 0) {
            throw new DonnaException.Unavailable("device 'cpu:" + index + "': there is one CPU device; expected cpu or cpu:0");
        }
        Availability a = probe();
        if (!a.usable()) {
            throw new DonnaException.Unavailable("device 'cpu' cannot be used: " + a.detail());
        }
        require(precision);
        return new CpuDevice(Dnnl.open(), precision);
    }
}
