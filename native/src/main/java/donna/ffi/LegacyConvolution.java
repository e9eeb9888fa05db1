package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A convolution by cuDNN's older API: descriptors and one of a fixed list of algorithms. */
final class LegacyConvolution implements ConvolutionPlan {
    private static final int NHWC = 1;
    private static final int CROSS_CORRELATION = 1;
    private static final int MATH_TENSOR = 1;
    private static final int MATH_FMA = 3;
    private static final int CANDIDATES = 8;

    /** {@code cudnnConvolutionFwdAlgoPerf_t} and its two sisters: algorithm, status, time, memory, determinism, math type, three reserved words. */
    private static final long PERFORMANCE_BYTES = 48;

    private static final long PERFORMANCE_STATUS = 4;
    private static final long PERFORMANCE_MEMORY = 16;
    private static final long PERFORMANCE_DETERMINISM = 24;

    private final Dnn dnn;
    private final Cudnn lib;
    private final ConvolutionSpec.Pass pass;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1);
    private final MemorySegment zero = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 0);
    private final Descriptor src;
    private final Descriptor dst;
    private final Descriptor weight;
    private final Descriptor convolution;
    private final int algorithm;
    private final long workspaceBytes;

    /** @throws NativeException with status {@link Dnn#NO_PLAN} if the library has no deterministic algorithm for it within the workspace */
    LegacyConvolution(Dnn dnn, ConvolutionSpec spec, ConvolutionSpec.Pass pass, long workspaceLimit) {
        this.dnn = dnn;
        this.lib = dnn.lib();
        this.pass = pass;
        src = new Descriptor("Tensor", Dnn.create(lib, "cudnnCreateTensorDescriptor", lib::cudnnCreateTensorDescriptor));
        dst = new Descriptor("Tensor", Dnn.create(lib, "cudnnCreateTensorDescriptor", lib::cudnnCreateTensorDescriptor));
        weight = new Descriptor("Filter", Dnn.create(lib, "cudnnCreateFilterDescriptor", lib::cudnnCreateFilterDescriptor));
        convolution = new Descriptor("Convolution", Dnn.create(lib, "cudnnCreateConvolutionDescriptor", lib::cudnnCreateConvolutionDescriptor));
        int type = spec.element().cudnn;
        try {
            check(lib.cudnnSetTensor4dDescriptor(src.address(), NHWC, type, spec.images(), spec.channelsIn(), spec.height(), spec.width()),
                    "cudnnSetTensor4dDescriptor of " + spec);
            check(lib.cudnnSetTensor4dDescriptor(dst.address(), NHWC, type, spec.images(), spec.channelsOut(), spec.heightOut(), spec.widthOut()),
                    "cudnnSetTensor4dDescriptor of " + spec);
            check(lib.cudnnSetFilter4dDescriptor(weight.address(), type, NHWC, spec.channelsOut(), spec.channelsIn() / spec.groups(), spec.kernelH(),
                    spec.kernelW()), "cudnnSetFilter4dDescriptor of " + spec);
            check(lib.cudnnSetConvolution2dDescriptor(convolution.address(), spec.padH(), spec.padW(), spec.strideH(), spec.strideW(),
                    spec.dilationH(), spec.dilationW(), CROSS_CORRELATION, CudaElement.F32.cudnn), "cudnnSetConvolution2dDescriptor of " + spec);
            check(lib.cudnnSetConvolutionGroupCount(convolution.address(), spec.groups()), "cudnnSetConvolutionGroupCount of " + spec);
            int math = spec.element() == CudaElement.F32 && !spec.tensorFloat() ? MATH_FMA : MATH_TENSOR;
            check(lib.cudnnSetConvolutionMathType(convolution.address(), math), "cudnnSetConvolutionMathType of " + spec);
            algorithm = algorithm(spec, workspaceLimit);
            workspaceBytes = workspace(spec);
        } catch (NativeException e) {
            close();
            throw e;
        }
    }

    private final class Descriptor extends Handle {
        private final String kind;

        Descriptor(String kind, long address) {
            super(address);
            this.kind = kind;
        }

        @Override
        void destroy(long address) {
            check(switch (kind) {
                case "Tensor" -> lib.cudnnDestroyTensorDescriptor(address);
                case "Filter" -> lib.cudnnDestroyFilterDescriptor(address);
                default -> lib.cudnnDestroyConvolutionDescriptor(address);
            }, "cudnnDestroy" + kind + "Descriptor");
        }
    }

    private int algorithm(ConvolutionSpec spec, long workspaceLimit) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment count = local.allocate(ValueLayout.JAVA_INT);
            MemorySegment found = local.allocate(CANDIDATES * PERFORMANCE_BYTES, 8);
            long handle = dnn.address();
            check(switch (pass) {
                case FORWARD -> lib.cudnnGetConvolutionForwardAlgorithm_v7(
                        handle, src.address(), weight.address(), convolution.address(), dst.address(), CANDIDATES, count, found);
                case BACKWARD_DATA -> lib.cudnnGetConvolutionBackwardDataAlgorithm_v7(
                        handle, weight.address(), dst.address(), convolution.address(), src.address(), CANDIDATES, count, found);
                case BACKWARD_WEIGHT -> lib.cudnnGetConvolutionBackwardFilterAlgorithm_v7(
                        handle, src.address(), dst.address(), convolution.address(), weight.address(), CANDIDATES, count, found);
            }, "cudnnGetConvolutionAlgorithm " + pass + " of " + spec);
            for (int i = 0; i < count.get(ValueLayout.JAVA_INT, 0); i++) {
                long at = i * PERFORMANCE_BYTES;
                if (found.get(ValueLayout.JAVA_INT, at + PERFORMANCE_STATUS) == 0
                        && found.get(ValueLayout.JAVA_LONG, at + PERFORMANCE_MEMORY) <= workspaceLimit
                        && found.get(ValueLayout.JAVA_INT, at + PERFORMANCE_DETERMINISM) == 1) {
                    return found.get(ValueLayout.JAVA_INT, at);
                }
            }
            throw new NativeException("cuDNN " + dnn.version() + ": no deterministic algorithm for " + pass + " of " + spec
                    + " within " + workspaceLimit + " bytes of workspace; use another element type or pad the channels to a multiple of 8", Dnn.NO_PLAN);
        }
    }

    private long workspace(ConvolutionSpec spec) {
        try (Arena local = Arena.ofConfined()) {
            MemorySegment bytes = local.allocate(ValueLayout.JAVA_LONG);
            long handle = dnn.address();
            check(switch (pass) {
                case FORWARD -> lib.cudnnGetConvolutionForwardWorkspaceSize(
                        handle, src.address(), weight.address(), convolution.address(), dst.address(), algorithm, bytes);
                case BACKWARD_DATA -> lib.cudnnGetConvolutionBackwardDataWorkspaceSize(
                        handle, weight.address(), dst.address(), convolution.address(), src.address(), algorithm, bytes);
                case BACKWARD_WEIGHT -> lib.cudnnGetConvolutionBackwardFilterWorkspaceSize(
                        handle, src.address(), dst.address(), convolution.address(), weight.address(), algorithm, bytes);
            }, "cudnnGetConvolutionWorkspaceSize " + pass + " of " + spec);
            return bytes.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    private void check(int status, String function) {
        if (status != 0) {
            Dnn.check(lib, status, function);
        }
    }

    @Override
    public String engine() {
        return "algorithm " + algorithm;
    }

    @Override
    public long workspaceBytes() {
        return workspaceBytes;
    }

    @Override
    public void run(CudaStream stream, long first, long second, long result, long workspace) {
        synchronized (dnn) {
            dnn.stream(stream);
            queue(first, second, result, workspace);
        }
    }

    private void queue(long first, long second, long result, long workspace) {
        long handle = dnn.address();
        int status = switch (pass) {
            case FORWARD -> lib.cudnnConvolutionForward(handle, one, src.address(), first, weight.address(), second, convolution.address(),
                    algorithm, workspace, workspaceBytes, zero, dst.address(), result);
            case BACKWARD_DATA -> lib.cudnnConvolutionBackwardData(handle, one, weight.address(), second, dst.address(), first,
                    convolution.address(), algorithm, workspace, workspaceBytes, zero, src.address(), result);
            case BACKWARD_WEIGHT -> lib.cudnnConvolutionBackwardFilter(handle, one, src.address(), first, dst.address(), second,
                    convolution.address(), algorithm, workspace, workspaceBytes, zero, weight.address(), result);
        };
        if (status != 0) {
            Dnn.check(lib, status, "convolution " + pass);
        }
    }

    @Override
    public void close() {
        convolution.close();
        weight.close();
        dst.close();
        src.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
