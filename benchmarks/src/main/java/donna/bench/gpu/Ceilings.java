package donna.bench.gpu;

import donna.bench.Table;
import donna.ffi.BlasLt;
import donna.ffi.Cuda;
import donna.ffi.CudaBindings;
import donna.ffi.CudaContext;
import donna.ffi.CudaElement;
import donna.ffi.CudaStream;
import donna.ffi.DeviceMemory;
import donna.ffi.Matmul;
import donna.ffi.MatmulSpec;
import donna.ffi.NativeException;
import donna.ffi.PinnedMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** What the card can do at most: bytes a second in a copy on the card, and operations a second in a large matrix product of random numbers. */
final class Ceilings {
    private static final long COPY_BYTES = 2L << 30;
    private static final int SIDE = 8192;
    private static final int RUNS = 7;
    private static final int RANDOM_NUMBERS = 1 << 20;

    private final CudaContext context;
    private final CardClock clock;
    private final CudaStream stream;

    private Ceilings(CudaContext context, CardClock clock) {
        this.context = context;
        this.clock = clock;
        this.stream = clock.stream();
    }

    /**
     * The ceilings.
     *
     * @param copyGBs bytes read plus bytes written
     * @param teraflops by precision; of the fastest of the ways that the library offers
     */
    record Found(double copyGBs, Map<String, Double> teraflops) {}

    static void run(CardStep.Place place) {
        CudaBindings bindings = CudaBindings.load();
        try (CudaContext context = CardFacts.card(Cuda.open(bindings)).open();
                CardClock clock = new CardClock(context);
                BlasLt blas = BlasLt.open(bindings)) {
            Ceilings c = new Ceilings(context, clock);
            Map<String, Double> teraflops = new LinkedHashMap<>();
            double copy = c.copy();
            for (CudaElement e : CudaElement.values()) {
                teraflops.put(e.name().toLowerCase(java.util.Locale.ROOT), c.product(blas, e, false));
            }
            teraflops.put("tf32", c.product(blas, CudaElement.F32, true));
            place.put("ceilings", new Found(copy, teraflops));
            Table table = new Table("ceilings", "");
            table.row("copy on the card, GB/s", Table.number(copy));
            teraflops.forEach((name, t) -> table.row(name + " product of " + SIDE + " x " + SIDE + ", TFLOP/s", Table.number(t)));
            System.out.println(table);
        }
    }

    private double copy() {
        try (DeviceMemory src = context.allocate(COPY_BYTES);
                DeviceMemory dst = context.allocate(COPY_BYTES)) {
            return 2 * COPY_BYTES / (clock.milliseconds(RUNS, () -> stream.copy(dst.pointer(), src.pointer(), COPY_BYTES)) * 1e6);
        }
    }

    private double product(BlasLt blas, CudaElement element, boolean tensorFloat) {
        MatmulSpec dense = MatmulSpec.dense(element, false, false, SIDE, SIDE, SIDE);
        MatmulSpec spec = new MatmulSpec(element, element, tensorFloat, SIDE, SIDE, SIDE, 1, dense.a(), dense.b(), dense.c(), dense.epilogue());
        long bytes = (long) SIDE * SIDE * element.bytes;
        try (Matmul product = blas.matmul(spec, 64L << 20, 256).orElseThrow(() -> new IllegalStateException("cuBLASLt has no way to compute " + spec));
                DeviceMemory a = context.allocate(bytes);
                DeviceMemory b = context.allocate(bytes);
                DeviceMemory d = context.allocate(bytes);
                DeviceMemory workspace = context.allocate(64L << 20)) {
            fill(a, element, 1);
            fill(b, element, 2);
            List<Double> times = new ArrayList<>();
            for (int i = 0; i < product.algorithms(); i++) {
                product.choose(i);
                try {
                    times.add(clock.milliseconds(
                            RUNS, () -> product.run(stream, 1, a.pointer(), b.pointer(), 0, d.pointer(), d.pointer(), workspace.pointer())));
                } catch (NativeException e) {
                    // One that the library offers and then refuses is none.
                    stream.synchronize();
                }
            }
            return 2.0 * SIDE * SIDE * SIDE / (times.stream().min(Double::compare).orElseThrow() * 1e9);
        }
    }

    /** Normally distributed numbers. */
    private void fill(DeviceMemory memory, CudaElement element, long seed) {
        Random random = new Random(seed);
        long some = (long) RANDOM_NUMBERS * element.bytes;
        try (PinnedMemory pinned = context.pinned(some)) {
            MemorySegment host = pinned.segment();
            for (int i = 0; i < RANDOM_NUMBERS; i++) {
                float v = (float) random.nextGaussian();
                switch (element) {
                    case F32 -> host.setAtIndex(ValueLayout.JAVA_FLOAT, i, v);
                    case F16 -> host.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(v));
                    case BF16 -> host.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(v) >>> 16));
                }
            }
            for (long at = 0; at < memory.bytes(); at += some) {
                stream.upload(memory.pointer() + at, host, Math.min(some, memory.bytes() - at));
            }
            stream.synchronize();
        }
    }
}
