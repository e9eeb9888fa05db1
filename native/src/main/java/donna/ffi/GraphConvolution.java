package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A convolution by cuDNN's graph API: the library's heuristics name engines, the fastest first; the first that computes the same bits every time, as
 * precisely as asked and within the workspace, and can be built, is taken.
 */
final class GraphConvolution implements ConvolutionPlan {
    private static final int CROSS_CORRELATION = 1;
    private static final int NOTE_TENSOR_CORE = 0;
    private static final int NOTE_DOWN_CONVERT_INPUTS = 1;
    private static final int NOTE_REDUCED_PRECISION_REDUCTION = 2;
    private static final int NOTE_FFT = 3;
    private static final int NOTE_NONDETERMINISTIC = 4;
    private static final int NOTE_WINOGRAD = 5;
    private static final int NOTES = 16;

    /** What no engine may do: other bits from run to run, sums in less than F32, and transforms whose errors exceed those of plain sums. */
    private static final Map<Integer, String> NEVER = Map.of(
            NOTE_NONDETERMINISTIC, "nondeterministic",
            NOTE_REDUCED_PRECISION_REDUCTION, "sums in 16 bits",
            NOTE_FFT, "Fourier transforms",
            NOTE_WINOGRAD, "Winograd transforms");

    /** What no engine may do besides where F32 is not to be rounded. */
    private static final Map<Integer, String> NEVER_EXACT = Map.of(NOTE_TENSOR_CORE, "TF32", NOTE_DOWN_CONVERT_INPUTS, "rounds its inputs");

    private static final int CONFIGS = 32;

    /** Heuristics that cost little, then the library's list of engines that always work ({@code CUDNN_HEUR_MODE_A}, {@code _FALLBACK}). */
    private static final int[] MODES = {3, 2};

    private static final int PLAN_HANDLE = 400;
    private static final int PLAN_CONFIG = 401;
    private static final int PLAN_WORKSPACE = 402;
    private static final int PLAN_DEVICE = 407;
    private static final int HEURISTICS_DEVICE = 204;
    private static final int GRAPH_HANDLE = 800;
    private static final int PACK_IDS = 1000;
    private static final int PACK_POINTERS = 1001;
    private static final int PACK_WORKSPACE = 1003;

    /** Unique ids of src, weight and dst, in this order. */
    private static final long[] IDS = {1, 2, 3};

    private static final int ALIGNMENT = 16;

    private final Dnn dnn;
    private final Cudnn lib;
    private final ConvolutionSpec.Pass pass;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment pointers = arena.allocate(ValueLayout.JAVA_LONG, IDS.length);
    private final MemorySegment workspace = arena.allocate(ValueLayout.JAVA_LONG);
    private final Found found;
    private long packWorkspace = -1;
    private CudnnDescriptor pack;

    /** What was chosen, for any number of convolutions at a time: the caller closes its plan. */
    record Found(CudnnDescriptor plan, long engine, long workspaceBytes) {}

    /** For which card plans are made: set on the descriptors that want to know it. */
    record Target(Consumer<CudnnDescriptor> graph, Consumer<CudnnDescriptor> heuristics, Consumer<CudnnDescriptor> plan) {
        /** The card that a handle was opened on. */
        static Target of(long handle) {
            return new Target(
                    graph -> graph.longs(GRAPH_HANDLE, CudnnDescriptor.HANDLE, handle), heuristics -> {},
                    plan -> plan.longs(PLAN_HANDLE, CudnnDescriptor.HANDLE, handle));
        }

        /** A card that is only described; such a plan cannot run. */
        static Target described(CudnnDescriptor properties) {
            return new Target(graph -> {}, heuristics -> heuristics.refer(HEURISTICS_DEVICE, properties), plan -> plan.refer(PLAN_DEVICE, properties));
        }
    }

    /** {@code found} for {@code pass}; it stays open as long as this. */
    GraphConvolution(Dnn dnn, ConvolutionSpec.Pass pass, Found found) {
        this.dnn = dnn;
        this.lib = dnn.lib();
        this.pass = pass;
        this.found = found;
    }

    /**
     * Searches a plan; the caller closes it.
     *
     * @throws NativeException with status {@link Dnn#NO_PLAN} if there is none
     */
    static Found find(Cudnn lib, Target target, ConvolutionSpec spec, ConvolutionSpec.Pass pass, long workspaceLimit) {
        Search search = new Search(lib, target, spec, workspaceLimit, new ArrayList<>());
        try (CudnnDescriptor convolution = convolution(lib, spec);
                CudnnDescriptor src = tensor(lib, spec.element(), IDS[0], spec.images(), spec.channelsIn(), spec.height(), spec.width());
                CudnnDescriptor weight = tensor(lib, spec.element(), IDS[1], spec.channelsOut(), spec.channelsIn() / spec.groups(), spec.kernelH(), spec.kernelW());
                CudnnDescriptor dst = tensor(lib, spec.element(), IDS[2], spec.images(), spec.channelsOut(), spec.heightOut(), spec.widthOut());
                CudnnDescriptor operation = operation(lib, pass, convolution, src, weight, dst);
                CudnnDescriptor graph = new CudnnDescriptor(lib, CudnnDescriptor.Kind.OPERATION_GRAPH)) {
            graph.refer(801, operation);
            target.graph().accept(graph);
            graph.finish();
            for (int mode : MODES) {
                try (CudnnDescriptor heuristics = new CudnnDescriptor(lib, CudnnDescriptor.Kind.ENGINE_HEURISTICS)) {
                    heuristics.refer(201, graph).number(200, CudnnDescriptor.HEURISTICS_MODE, mode);
                    target.heuristics().accept(heuristics);
                    Found found = heuristics.tryFinish() == 0 ? search.first(heuristics) : null;
                    if (found != null) {
                        return found;
                    }
                }
            }
            throw new NativeException("cuDNN " + Dnn.version(lib) + ": no plan for " + pass + " of " + spec + " within " + workspaceLimit
                    + " bytes of workspace; refused: " + (search.refused.isEmpty() ? "none was offered" : String.join(", ", search.refused))
                    + "; use another element type or pad the channels to a multiple of 8", Dnn.NO_PLAN);
        }
    }

    static CudnnDescriptor convolution(Cudnn lib, ConvolutionSpec spec) {
        return new CudnnDescriptor(lib, CudnnDescriptor.Kind.CONVOLUTION)
                .number(100, CudnnDescriptor.DATA_TYPE, CudaElement.F32.cudnn)
                .number(101, CudnnDescriptor.CONVOLUTION_MODE, CROSS_CORRELATION)
                .longs(102, CudnnDescriptor.INT64, spec.dilationH(), spec.dilationW())
                .longs(103, CudnnDescriptor.INT64, spec.strideH(), spec.strideW())
                .longs(104, CudnnDescriptor.INT64, spec.padH(), spec.padW())
                .longs(105, CudnnDescriptor.INT64, spec.padH(), spec.padW())
                .longs(106, CudnnDescriptor.INT64, 2)
                .finish();
    }

    /** Dimensions in the library's order, N C H W; the strides say that they lie as NHWC. */
    static CudnnDescriptor tensor(Cudnn lib, CudaElement element, long id, long n, long c, long h, long w) {
        return new CudnnDescriptor(lib, CudnnDescriptor.Kind.TENSOR)
                .longs(900, CudnnDescriptor.INT64, ALIGNMENT)
                .number(901, CudnnDescriptor.DATA_TYPE, element.cudnn)
                .longs(902, CudnnDescriptor.INT64, n, c, h, w)
                .longs(903, CudnnDescriptor.INT64, c * h * w, 1, c * w, c)
                .longs(906, CudnnDescriptor.INT64, id)
                .finish();
    }

    static CudnnDescriptor operation(
            Cudnn lib, ConvolutionSpec.Pass pass, CudnnDescriptor convolution, CudnnDescriptor src, CudnnDescriptor weight, CudnnDescriptor dst) {
        return switch (pass) {
            case FORWARD -> new CudnnDescriptor(lib, CudnnDescriptor.Kind.CONVOLUTION_FORWARD)
                    .number(700, 1f).number(701, 0f).refer(702, convolution).refer(703, weight).refer(704, src).refer(705, dst).finish();
            case BACKWARD_DATA -> new CudnnDescriptor(lib, CudnnDescriptor.Kind.CONVOLUTION_BACKWARD_DATA)
                    .number(706, 1f).number(707, 0f).refer(708, convolution).refer(709, weight).refer(710, src).refer(711, dst).finish();
            case BACKWARD_WEIGHT -> new CudnnDescriptor(lib, CudnnDescriptor.Kind.CONVOLUTION_BACKWARD_FILTER)
                    .number(712, 1f).number(713, 0f).refer(714, convolution).refer(715, weight).refer(716, src).refer(717, dst).finish();
        };
    }

    /** What is looked for, and what was refused so far. */
    private record Search(Cudnn lib, Target target, ConvolutionSpec spec, long workspaceLimit, List<String> refused) {
        /** The first plan that serves; null if there is none. */
        Found first(CudnnDescriptor heuristics) {
            List<CudnnDescriptor> configs = new ArrayList<>();
            try {
                for (int i = 0; i < CONFIGS; i++) {
                    configs.add(new CudnnDescriptor(lib, CudnnDescriptor.Kind.ENGINE_CONFIG));
                }
                int count = heuristics.fill(202, configs);
                for (CudnnDescriptor config : configs.subList(0, count)) {
                    Found found = plan(config);
                    if (found != null) {
                        return found;
                    }
                }
                return null;
            } finally {
                configs.forEach(CudnnDescriptor::close);
            }
        }

        private Found plan(CudnnDescriptor config) {
            long index;
            List<Integer> notes;
            try (CudnnDescriptor engine = new CudnnDescriptor(lib, CudnnDescriptor.Kind.ENGINE)) {
                config.fill(300, List.of(engine));
                index = engine.readLong(1301);
                notes = engine.readNumbers(1303, CudnnDescriptor.NUMERICAL_NOTE, NOTES);
            }
            boolean exact = spec.element() == CudaElement.F32 && !spec.tensorFloat();
            for (int note : notes) {
                String why = NEVER.getOrDefault(note, exact ? NEVER_EXACT.get(note) : null);
                if (why != null) {
                    return refuse(index, why);
                }
            }
            CudnnDescriptor plan = new CudnnDescriptor(lib, CudnnDescriptor.Kind.EXECUTION_PLAN);
            Found found = null;
            try {
                plan.refer(PLAN_CONFIG, config);
                target.plan().accept(plan);
                int status = plan.tryFinish();
                if (status != 0) {
                    return refuse(index, "status " + status);
                }
                long workspace = plan.readLong(PLAN_WORKSPACE);
                if (workspace > workspaceLimit) {
                    return refuse(index, "wants " + workspace + " bytes");
                }
                found = new Found(plan, index, workspace);
                return found;
            } finally {
                if (found == null) {
                    plan.close();
                }
            }
        }

        private Found refuse(long engine, String why) {
            refused.add("engine " + engine + " (" + why + ")");
            return null;
        }
    }

    @Override
    public String engine() {
        return "engine " + found.engine();
    }

    @Override
    public long workspaceBytes() {
        return found.workspaceBytes();
    }

    @Override
    public void run(CudaStream stream, long first, long second, long result, long scratch) {
        long src = pass == ConvolutionSpec.Pass.BACKWARD_DATA ? result : first;
        long weight = pass == ConvolutionSpec.Pass.BACKWARD_WEIGHT ? result : second;
        long dst = switch (pass) {
            case FORWARD -> result;
            case BACKWARD_DATA -> first;
            case BACKWARD_WEIGHT -> second;
        };
        bind(src, weight, dst, scratch);
        synchronized (dnn) {
            dnn.stream(stream);
            int status = lib.cudnnBackendExecute(dnn.address(), found.plan().address(), pack.address());
            if (status != 0) {
                Dnn.check(lib, status, "cudnnBackendExecute of " + pass);
            }
        }
    }

    /** A finalized pack cannot be changed, so there is a new one when an address is: as in a captured graph, they seldom are. */
    private void bind(long src, long weight, long dst, long scratch) {
        boolean same = pack != null && packWorkspace == scratch && pointers.getAtIndex(ValueLayout.JAVA_LONG, 0) == src
                && pointers.getAtIndex(ValueLayout.JAVA_LONG, 1) == weight && pointers.getAtIndex(ValueLayout.JAVA_LONG, 2) == dst;
        if (same) {
            return;
        }
        if (pack != null) {
            pack.close();
        }
        pointers.setAtIndex(ValueLayout.JAVA_LONG, 0, src);
        pointers.setAtIndex(ValueLayout.JAVA_LONG, 1, weight);
        pointers.setAtIndex(ValueLayout.JAVA_LONG, 2, dst);
        workspace.set(ValueLayout.JAVA_LONG, 0, scratch);
        packWorkspace = scratch;
        pack = pack(lib, pointers, workspace);
    }

    /** Addresses of src, weight and dst, and one of the workspace. */
    static CudnnDescriptor pack(Cudnn lib, MemorySegment pointers, MemorySegment workspace) {
        return new CudnnDescriptor(lib, CudnnDescriptor.Kind.VARIANT_PACK)
                .longs(PACK_IDS, CudnnDescriptor.INT64, IDS)
                .set(PACK_POINTERS, CudnnDescriptor.VOID_PTR, IDS.length, pointers)
                .set(PACK_WORKSPACE, CudnnDescriptor.VOID_PTR, 1, workspace)
                .finish();
    }

    @Override
    public void close() {
        if (pack != null) {
            pack.close();
        }
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
