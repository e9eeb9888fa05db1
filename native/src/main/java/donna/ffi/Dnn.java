package donna.ffi;

import donna.ffi.bind.CText;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/** cuDNN, checked, on the card that is current when it is opened. Thread-safe; the caller closes it, after the convolutions made with it. */
public final class Dnn extends Handle {
    /** {@link NativeException#status} where the library has no way to compute what is asked. */
    public static final int NO_PLAN = -1;

    private static final int VERSION_9 = 90000;
    private static final int REASON_BYTES = 1024;

    private final Cudnn lib;
    private final Map<Asked, GraphConvolution.Found> plans = new HashMap<>();

    private Dnn(Cudnn lib, long handle) {
        super(handle);
        this.lib = lib;
    }

    /**
     * Opens the library on the current card.
     *
     * @throws NativeException if it cannot be loaded, or there is no card
     */
    public static Dnn open(CudaBindings bindings) {
        Cudnn lib = bindings.cudnn();
        return new Dnn(lib, create(lib, "cudnnCreate", lib::cudnnCreate));
    }

    /** {@code 9.5.1}, {@code 8.9.7}. */
    public String version() {
        return version(lib);
    }

    static String version(Cudnn lib) {
        long v = lib.cudnnGetVersion();
        return v >= VERSION_9 ? v / 10000 + "." + v / 100 % 100 + "." + v % 100 : v / 1000 + "." + v / 100 % 10 + "." + v % 100;
    }

    /** What was searched: convolutions that are the same share the library's plan. */
    private record Asked(ConvolutionSpec spec, ConvolutionSpec.Pass pass, long workspaceLimit) {}

    /**
     * A plan for a convolution, the same bits every time; the caller closes it. By the graph API from cuDNN 9 on, by the older API before.
     *
     * @param workspaceLimit the most bytes that a run may need besides
     * @throws NativeException with status {@link #NO_PLAN} if the library has no deterministic way to compute it within the limit
     */
    public synchronized ConvolutionPlan convolution(ConvolutionSpec spec, ConvolutionSpec.Pass pass, long workspaceLimit) {
        if (lib.cudnnGetVersion() < VERSION_9) {
            return new LegacyConvolution(this, spec, pass, workspaceLimit);
        }
        return new GraphConvolution(this, pass, plans.computeIfAbsent(new Asked(spec, pass, workspaceLimit), a ->
                GraphConvolution.find(lib, GraphConvolution.Target.of(address()), spec, pass, workspaceLimit)));
    }

    Cudnn lib() {
        return lib;
    }

    /** Work goes to {@code stream} from now on; the caller holds this object's lock until its work is queued, since a handle has but one stream. */
    void stream(CudaStream stream) {
        int status = lib.cudnnSetStream(address(), stream.queueing(CudaStream.Work.OTHER));
        if (status != 0) {
            check(lib, status, "cudnnSetStream");
        }
    }

    static long create(Cudnn lib, String function, Cuda.Out call) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.JAVA_LONG);
            check(lib, call.call(out), function);
            return out.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    static void check(Cudnn lib, int status, String function) {
        if (status != 0) {
            throw new NativeException("cuDNN " + version(lib) + ": " + function + ": " + CText.of(lib.cudnnGetErrorString(status)) + " (" + status + ")"
                    + reason(lib), status);
        }
    }

    private static String reason(Cudnn lib) {
        if (lib.cudnnGetVersion() < VERSION_9) {
            return "; set CUDNN_LOGLEVEL_DBG=2 to see why";
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(REASON_BYTES);
            lib.cudnnGetLastErrorString(text, REASON_BYTES);
            String reason = text.getString(0).strip();
            return reason.isEmpty() ? "" : ": " + reason;
        }
    }

    @Override
    void destroy(long address) {
        plans.values().forEach(found -> found.plan().close());
        check(lib, lib.cudnnDestroy(address), "cudnnDestroy");
    }
}
