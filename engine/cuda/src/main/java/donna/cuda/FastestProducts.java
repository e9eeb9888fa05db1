package donna.cuda;

import donna.ffi.CudaContext;
import donna.ffi.CudaEvent;
import donna.ffi.CudaStream;
import donna.ffi.DeviceMemory;
import donna.ffi.Matmul;
import donna.ffi.MatmulSpec;
import donna.ffi.NativeException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which of the algorithms that cuBLASLt offers for a product takes the least time on this card: measured when the product is first planned, and kept, so that
 * the same product is computed in the same way as long as {@link DiskCache} has it. Thread-safe; the context is current.
 */
final class FastestProducts {
    private static final int ROUNDS = 3;

    /** Products one after another in a round, so that what it takes to launch one does not count. */
    private static final int IN_A_ROUND = 4;

    /** The library's own choice stays unless another takes at most this share of its time: what is nearer is chance. */
    private static final double CLEARLY_LESS = 0.97;

    private static final String ENDING = ".algorithm";

    private final CudaContext context;
    private final DiskCache kept;
    private final String card;
    private final Object order;
    private final Map<String, Integer> known = new HashMap<>();

    /**
     * Nothing is measured yet.
     *
     * @param card all of the card and the library that times depend on
     * @param order held while it measures, so that nobody queues other work meanwhile
     */
    FastestProducts(CudaContext context, DiskCache kept, String card, Object order) {
        this.context = context;
        this.kept = kept;
        this.card = card;
        this.order = order;
    }

    /** Lets {@code matmul} take its fastest algorithm. */
    synchronized void choose(Matmul matmul, float beta, int alignment) {
        String product = card + ", " + matmul.spec() + ", beta " + beta + ", aligned to " + alignment + ", " + matmul.algorithms() + " algorithms";
        matmul.choose(known.computeIfAbsent(product, p -> kept(p, matmul.algorithms()).orElseGet(() -> {
            int fastest = measure(matmul, beta);
            kept.write(p, ENDING, Integer.toString(fastest).getBytes(StandardCharsets.US_ASCII));
            return fastest;
        })));
    }

    /** What was measured earlier; empty if that is no number of an algorithm. */
    private Optional<Integer> kept(String product, int algorithms) {
        return kept.read(product, ENDING).map(b -> new String(b, StandardCharsets.US_ASCII)).filter(s -> s.matches("[0-9]{1,4}")).map(Integer::valueOf)
                .filter(i -> i < algorithms);
    }

    private int measure(Matmul matmul, float beta) {
        MatmulSpec s = matmul.spec();
        synchronized (order) {
            context.synchronize();
            try (CudaStream stream = context.stream();
                    CudaEvent start = context.timingEvent();
                    CudaEvent end = context.timingEvent();
                    DeviceMemory a = zeros(stream, elements(s.a(), s.rows(), s.inner(), s.batch()) * s.operands().bytes);
                    DeviceMemory b = zeros(stream, elements(s.b(), s.inner(), s.columns(), s.batch()) * s.operands().bytes);
                    DeviceMemory c = zeros(stream, elements(s.c(), s.rows(), s.columns(), s.batch()) * s.result().bytes)) {
                int fastest = 0;
                double least = Double.POSITIVE_INFINITY;
                for (int i = 0; i < matmul.algorithms(); i++) {
                    matmul.choose(i);
                    try (DeviceMemory workspace = context.allocate(Math.max(1, matmul.workspaceBytes()))) {
                        Runnable run = () -> matmul.run(stream, 1, a.pointer(), b.pointer(), beta, c.pointer(), c.pointer(), workspace.pointer());
                        double time = milliseconds(stream, start, end, run);
                        if (time < least * (fastest == 0 ? CLEARLY_LESS : 1)) {
                            fastest = i;
                            least = time;
                        }
                    }
                }
                return fastest;
            }
        }
    }

    /** The least of some rounds; infinite for an algorithm that the library offers and then refuses. */
    private static double milliseconds(CudaStream stream, CudaEvent start, CudaEvent end, Runnable run) {
        try {
            run.run();
        } catch (NativeException e) {
            return Double.POSITIVE_INFINITY;
        }
        double least = Double.POSITIVE_INFINITY;
        for (int r = 0; r < ROUNDS; r++) {
            stream.record(start);
            for (int i = 0; i < IN_A_ROUND; i++) {
                run.run();
            }
            stream.record(end);
            end.synchronize();
            least = Math.min(least, end.millisecondsSince(start));
        }
        return least;
    }

    private DeviceMemory zeros(CudaStream stream, long bytes) {
        DeviceMemory memory = context.allocate(bytes);
        stream.fillBytes(memory.pointer(), (byte) 0, bytes);
        return memory;
    }

    /** Elements from the first of a matrix's, or of the first of its batch, to the last. */
    private static long elements(MatmulSpec.Matrix m, long rows, long columns, int batch) {
        return (m.transposed() ? columns : rows) * m.leading() + (batch - 1) * m.batchStride();
    }
}
