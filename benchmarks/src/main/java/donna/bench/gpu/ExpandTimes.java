package donna.bench.gpu;

import donna.bench.Table;
import donna.bench.step.Stages;
import donna.ffi.BlasLt;
import donna.ffi.Cuda;
import donna.ffi.CudaBindings;
import donna.ffi.CudaContext;
import donna.ffi.CudaElement;
import donna.ffi.CudaEvent;
import donna.ffi.CudaGraph;
import donna.ffi.CudaGraphExec;
import donna.ffi.CudaStream;
import donna.ffi.DeviceMemory;
import donna.ffi.Matmul;
import donna.ffi.MatmulSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * What would it bring to compute the first products of all candidates of a block, which share their input, as one? Forward and the weights' gradient in
 * bf16: each candidate's own products as branches of one CUDA graph, as the engine does it, beside one product with all their columns.
 */
final class ExpandTimes {
    private static final int BATCH = 128;
    private static final int BRANCHES = 16;
    private static final int RUNS = 15;
    private static final long WORKSPACE = 8L << 20;

    private final CudaContext context;
    private final BlasLt blas;
    private final CardClock clock;
    private final List<Runnable> closers = new ArrayList<>();

    private ExpandTimes(CudaContext context, CardClock clock, BlasLt blas) {
        this.context = context;
        this.clock = clock;
        this.blas = blas;
    }

    /** Milliseconds. */
    record Row(String stage, int candidates, int columns, double forwardBranches, double forwardJoined, double gradientBranches, double gradientJoined) {}

    static void run(CardStep.Place place) throws IOException {
        List<Row> rows = new ArrayList<>();
        Table table = new Table("expanding products of a block, ms", "columns", "branches", "joined", "gradient, branches", "joined");
        for (Stages.Stage json : Stages.read(place.bundle().resolve("bkd_stages.json")).stages()) {
            CudaBindings bindings = CudaBindings.load();
            try (CudaContext context = CardFacts.card(Cuda.open(bindings)).open();
                    CardClock clock = new CardClock(context);
                    BlasLt blas = BlasLt.open(bindings)) {
                rows.add(new ExpandTimes(context, clock, blas).row(StageWork.scaled(json, BATCH, StageWork.CANDIDATES)));
            }
            Row r = rows.getLast();
            table.row(r.stage, Integer.toString(r.columns), Table.number(r.forwardBranches), Table.number(r.forwardJoined),
                    Table.number(r.gradientBranches), Table.number(r.gradientJoined));
            place.put("expand", rows);
        }
        System.out.println(table);
    }

    private Row row(Stages.Stage stage) {
        int pixels = stage.batch() * stage.size() * stage.size();
        int[] widths = stage.candidates().stream().mapToInt(c -> c.expand() * stage.in()).toArray();
        int[] joined = {Arrays.stream(widths).sum()};
        try {
            return new Row(stage.name() + ", batch " + stage.batch(), widths.length, joined[0], milliseconds(widths, stage.in(), pixels, false),
                    milliseconds(joined, stage.in(), pixels, false), milliseconds(widths, stage.in(), pixels, true),
                    milliseconds(joined, stage.in(), pixels, true));
        } finally {
            closers.reversed().forEach(Runnable::run);
        }
    }

    /** Of all products, one for each width, in one launch of a graph. */
    private double milliseconds(int[] widths, int in, int pixels, boolean gradient) {
        DeviceMemory src = own(context.allocate(2L * pixels * in), DeviceMemory::close);
        CudaStream main = clock.stream();
        main.fillBytes(src.pointer(), (byte) 0x3c, src.bytes());
        List<Runnable> products = new ArrayList<>();
        List<CudaStream> branches = new ArrayList<>();
        for (int i = 0; i < Math.min(BRANCHES, widths.length); i++) {
            branches.add(own(context.stream(), CudaStream::close));
        }
        for (int i = 0; i < widths.length; i++) {
            MatmulSpec spec = gradient
                    ? MatmulSpec.dense(CudaElement.BF16, true, false, widths[i], in, pixels)
                    : MatmulSpec.dense(CudaElement.BF16, false, true, pixels, widths[i], in);
            Matmul product = own(
                    blas.matmul(spec, WORKSPACE, 256).orElseThrow(() -> new IllegalStateException("cuBLASLt has no way to compute " + spec)),
                    Matmul::close);
            DeviceMemory wide = own(context.allocate(2L * pixels * widths[i]), DeviceMemory::close);
            DeviceMemory weight = own(context.allocate(2L * widths[i] * in), DeviceMemory::close);
            DeviceMemory workspace = own(context.allocate(WORKSPACE), DeviceMemory::close);
            main.fillBytes(wide.pointer(), (byte) 0x3c, wide.bytes());
            main.fillBytes(weight.pointer(), (byte) 0x3c, weight.bytes());
            CudaStream branch = branches.get(i % branches.size());
            products.add(gradient
                    ? () -> product.run(branch, 1, wide.pointer(), src.pointer(), 0, weight.pointer(), weight.pointer(), workspace.pointer())
                    : () -> product.run(branch, 1, src.pointer(), weight.pointer(), 0, wide.pointer(), wide.pointer(), workspace.pointer()));
        }
        main.synchronize();
        CudaGraphExec graph = capture(main, branches, products);
        return clock.milliseconds(RUNS, () -> main.launch(graph));
    }

    private CudaGraphExec capture(CudaStream main, List<CudaStream> branches, List<Runnable> products) {
        CudaEvent fork = own(context.event(), CudaEvent::close);
        main.beginCapture();
        main.record(fork);
        branches.forEach(b -> b.waitFor(fork));
        products.forEach(Runnable::run);
        for (CudaStream b : branches) {
            CudaEvent join = own(context.event(), CudaEvent::close);
            b.record(join);
            main.waitFor(join);
        }
        try (CudaGraph graph = main.endCapture()) {
            return own(graph.instantiate(), CudaGraphExec::close);
        }
    }

    private <T> T own(T resource, Consumer<T> close) {
        closers.add(() -> close.accept(resource));
        return resource;
    }
}
