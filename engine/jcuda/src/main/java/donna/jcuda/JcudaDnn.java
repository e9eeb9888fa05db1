package donna.jcuda;

import static donna.jcuda.Handles.set;

import donna.ffi.Cudnn;
import donna.ffi.NativeException;
import donna.jcuda.Handles.Address;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.CUstream;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.runtime.cudaStream_t;

/**
 * {@link Cudnn} over {@link JCudnn}: cuDNN 8, whose convolutions are planned by the older API. The graph API answers {@code CUDNN_STATUS_NOT_SUPPORTED}.
 */
final class JcudaDnn implements Cudnn {
    private static final int NOT_SUPPORTED = 9;

    /** Of {@code cudnnConvolutionFwdAlgoPerf_t} and its sisters. */
    private static final long PERFORMANCE_BYTES = 48;

    private final Handles handles;

    /** {@code loaded}: JCuda's class, which is initialized. */
    JcudaDnn(Handles handles, Class<?> loaded) {
        assert loaded == JCudnn.class;
        this.handles = handles;
        JCudnn.setExceptionsEnabled(false);
    }

    private cudnnHandle handle(long handle) {
        return handles.of(handle, cudnnHandle.class);
    }

    private cudnnTensorDescriptor tensor(long descriptor) {
        return handles.of(descriptor, cudnnTensorDescriptor.class);
    }

    private cudnnFilterDescriptor filter(long descriptor) {
        return handles.of(descriptor, cudnnFilterDescriptor.class);
    }

    private cudnnConvolutionDescriptor convolution(long descriptor) {
        return handles.of(descriptor, cudnnConvolutionDescriptor.class);
    }

    @Override
    public long cudnnGetVersion() {
        return JCudnn.cudnnGetVersion();
    }

    @Override
    public long cudnnGetCudartVersion() {
        return JCudnn.cudnnGetCudartVersion();
    }

    @Override
    public MemorySegment cudnnGetErrorString(int status) {
        return handles.text(JCudnn.cudnnGetErrorString(status));
    }

    @Override
    public void cudnnGetLastErrorString(MemorySegment text, long bytes) {
        throw new NativeException("jcuda: cuDNN 8 has no cudnnGetLastErrorString; expected a question about the version before the call");
    }

    @Override
    public int cudnnCreate(MemorySegment handle) {
        cudnnHandle made = new cudnnHandle();
        return handles.put(JCudnn.cudnnCreate(made), handle, made);
    }

    @Override
    public int cudnnDestroy(long handle) {
        return handles.drop(JCudnn.cudnnDestroy(handle(handle)), handle);
    }

    @Override
    public int cudnnSetStream(long handle, long stream) {
        CUstream queue = handles.of(stream, CUstream.class);
        return JCudnn.cudnnSetStream(handle(handle), queue == null ? null : new cudaStream_t(queue));
    }

    @Override
    public int cudnnBackendCreateDescriptor(int type, MemorySegment descriptor) {
        return NOT_SUPPORTED;
    }

    @Override
    public int cudnnBackendDestroyDescriptor(long descriptor) {
        return NOT_SUPPORTED;
    }

    @Override
    public int cudnnBackendSetAttribute(long descriptor, int name, int type, long count, MemorySegment values) {
        return NOT_SUPPORTED;
    }

    @Override
    public int cudnnBackendGetAttribute(long descriptor, int name, int type, long requested, MemorySegment count, MemorySegment values) {
        return NOT_SUPPORTED;
    }

    @Override
    public int cudnnBackendFinalize(long descriptor) {
        return NOT_SUPPORTED;
    }

    @Override
    public int cudnnBackendExecute(long handle, long plan, long variantPack) {
        return NOT_SUPPORTED;
    }

    @Override
    public int cudnnCreateTensorDescriptor(MemorySegment descriptor) {
        cudnnTensorDescriptor made = new cudnnTensorDescriptor();
        return handles.put(JCudnn.cudnnCreateTensorDescriptor(made), descriptor, made);
    }

    @Override
    public int cudnnDestroyTensorDescriptor(long descriptor) {
        return handles.drop(JCudnn.cudnnDestroyTensorDescriptor(tensor(descriptor)), descriptor);
    }

    @Override
    public int cudnnSetTensor4dDescriptor(long descriptor, int format, int type, int n, int c, int h, int w) {
        return JCudnn.cudnnSetTensor4dDescriptor(tensor(descriptor), format, type, n, c, h, w);
    }

    @Override
    public int cudnnGetTensor4dDescriptor(
            long descriptor, MemorySegment type, MemorySegment n, MemorySegment c, MemorySegment h, MemorySegment w, MemorySegment nStride,
            MemorySegment cStride, MemorySegment hStride, MemorySegment wStride) {
        int[][] out = new int[9][1];
        int status = JCudnn.cudnnGetTensor4dDescriptor(
                tensor(descriptor), out[0], out[1], out[2], out[3], out[4], out[5], out[6], out[7], out[8]);
        MemorySegment[] all = {type, n, c, h, w, nStride, cStride, hStride, wStride};
        for (int i = 0; i < all.length; i++) {
            set(status, all[i], out[i]);
        }
        return status;
    }

    @Override
    public int cudnnCreateFilterDescriptor(MemorySegment descriptor) {
        cudnnFilterDescriptor made = new cudnnFilterDescriptor();
        return handles.put(JCudnn.cudnnCreateFilterDescriptor(made), descriptor, made);
    }

    @Override
    public int cudnnDestroyFilterDescriptor(long descriptor) {
        return handles.drop(JCudnn.cudnnDestroyFilterDescriptor(filter(descriptor)), descriptor);
    }

    @Override
    public int cudnnSetFilter4dDescriptor(long descriptor, int type, int format, int k, int c, int h, int w) {
        return JCudnn.cudnnSetFilter4dDescriptor(filter(descriptor), type, format, k, c, h, w);
    }

    @Override
    public int cudnnCreateConvolutionDescriptor(MemorySegment descriptor) {
        cudnnConvolutionDescriptor made = new cudnnConvolutionDescriptor();
        return handles.put(JCudnn.cudnnCreateConvolutionDescriptor(made), descriptor, made);
    }

    @Override
    public int cudnnDestroyConvolutionDescriptor(long descriptor) {
        return handles.drop(JCudnn.cudnnDestroyConvolutionDescriptor(convolution(descriptor)), descriptor);
    }

    @Override
    public int cudnnSetConvolution2dDescriptor(
            long descriptor, int padH, int padW, int strideH, int strideW, int dilationH, int dilationW, int mode, int computeType) {
        return JCudnn.cudnnSetConvolution2dDescriptor(
                convolution(descriptor), padH, padW, strideH, strideW, dilationH, dilationW, mode, computeType);
    }

    @Override
    public int cudnnSetConvolutionGroupCount(long descriptor, int groups) {
        return JCudnn.cudnnSetConvolutionGroupCount(convolution(descriptor), groups);
    }

    @Override
    public int cudnnSetConvolutionMathType(long descriptor, int mathType) {
        return JCudnn.cudnnSetConvolutionMathType(convolution(descriptor), mathType);
    }

    @Override
    public int cudnnGetConvolution2dForwardOutputDim(
            long convolution, long src, long weight, MemorySegment n, MemorySegment c, MemorySegment h, MemorySegment w) {
        int[][] out = new int[4][1];
        int status = JCudnn.cudnnGetConvolution2dForwardOutputDim(
                convolution(convolution), tensor(src), filter(weight), out[0], out[1], out[2], out[3]);
        MemorySegment[] all = {n, c, h, w};
        for (int i = 0; i < all.length; i++) {
            set(status, all[i], out[i]);
        }
        return status;
    }

    /** One row of what the library found. */
    private static void performance(MemorySegment results, int row, int algorithm, int status, float time, long memory, int determinism, int math) {
        long at = row * PERFORMANCE_BYTES;
        results.set(ValueLayout.JAVA_INT, at, algorithm);
        results.set(ValueLayout.JAVA_INT, at + 4, status);
        results.set(ValueLayout.JAVA_FLOAT, at + 8, time);
        results.set(ValueLayout.JAVA_LONG, at + 16, memory);
        results.set(ValueLayout.JAVA_INT, at + 24, determinism);
        results.set(ValueLayout.JAVA_INT, at + 28, math);
    }

    @Override
    public int cudnnGetConvolutionForwardAlgorithm_v7(
            long handle, long src, long weight, long convolution, long dst, int requested, MemorySegment returned, MemorySegment results) {
        cudnnConvolutionFwdAlgoPerf[] found = new cudnnConvolutionFwdAlgoPerf[requested];
        int[] count = new int[1];
        int status = JCudnn.cudnnGetConvolutionForwardAlgorithm_v7(
                handle(handle), tensor(src), filter(weight), convolution(convolution), tensor(dst), requested, count, found);
        for (int i = 0; i < count[0]; i++) {
            cudnnConvolutionFwdAlgoPerf f = found[i];
            performance(results, i, f.algo, f.status, f.time, f.memory, f.determinism, f.mathType);
        }
        return set(status, returned, count);
    }

    @Override
    public int cudnnGetConvolutionBackwardDataAlgorithm_v7(
            long handle, long weight, long dDst, long convolution, long dSrc, int requested, MemorySegment returned, MemorySegment results) {
        cudnnConvolutionBwdDataAlgoPerf[] found = new cudnnConvolutionBwdDataAlgoPerf[requested];
        int[] count = new int[1];
        int status = JCudnn.cudnnGetConvolutionBackwardDataAlgorithm_v7(
                handle(handle), filter(weight), tensor(dDst), convolution(convolution), tensor(dSrc), requested, count, found);
        for (int i = 0; i < count[0]; i++) {
            cudnnConvolutionBwdDataAlgoPerf f = found[i];
            performance(results, i, f.algo, f.status, f.time, f.memory, f.determinism, f.mathType);
        }
        return set(status, returned, count);
    }

    @Override
    public int cudnnGetConvolutionBackwardFilterAlgorithm_v7(
            long handle, long src, long dDst, long convolution, long dWeight, int requested, MemorySegment returned, MemorySegment results) {
        cudnnConvolutionBwdFilterAlgoPerf[] found = new cudnnConvolutionBwdFilterAlgoPerf[requested];
        int[] count = new int[1];
        int status = JCudnn.cudnnGetConvolutionBackwardFilterAlgorithm_v7(
                handle(handle), tensor(src), tensor(dDst), convolution(convolution), filter(dWeight), requested, count, found);
        for (int i = 0; i < count[0]; i++) {
            cudnnConvolutionBwdFilterAlgoPerf f = found[i];
            performance(results, i, f.algo, f.status, f.time, f.memory, f.determinism, f.mathType);
        }
        return set(status, returned, count);
    }

    @Override
    public int cudnnGetConvolutionForwardWorkspaceSize(
            long handle, long src, long weight, long convolution, long dst, int algorithm, MemorySegment bytes) {
        long[] out = new long[1];
        return set(JCudnn.cudnnGetConvolutionForwardWorkspaceSize(
                handle(handle), tensor(src), filter(weight), convolution(convolution), tensor(dst), algorithm, out), bytes, out);
    }

    @Override
    public int cudnnGetConvolutionBackwardDataWorkspaceSize(
            long handle, long weight, long dDst, long convolution, long dSrc, int algorithm, MemorySegment bytes) {
        long[] out = new long[1];
        return set(JCudnn.cudnnGetConvolutionBackwardDataWorkspaceSize(
                handle(handle), filter(weight), tensor(dDst), convolution(convolution), tensor(dSrc), algorithm, out), bytes, out);
    }

    @Override
    public int cudnnGetConvolutionBackwardFilterWorkspaceSize(
            long handle, long src, long dDst, long convolution, long dWeight, int algorithm, MemorySegment bytes) {
        long[] out = new long[1];
        return set(JCudnn.cudnnGetConvolutionBackwardFilterWorkspaceSize(
                handle(handle), tensor(src), tensor(dDst), convolution(convolution), filter(dWeight), algorithm, out), bytes, out);
    }

    @Override
    public int cudnnConvolutionForward(
            long handle, MemorySegment alpha, long srcDesc, long src, long weightDesc, long weight, long convolution, int algorithm,
            long workspace, long workspaceBytes, MemorySegment beta, long dstDesc, long dst) {
        return JCudnn.cudnnConvolutionForward(
                handle(handle), Handles.host(alpha), tensor(srcDesc), new Address(src), filter(weightDesc), new Address(weight),
                convolution(convolution), algorithm, new Address(workspace), workspaceBytes, Handles.host(beta), tensor(dstDesc), new Address(dst));
    }

    @Override
    public int cudnnConvolutionBackwardData(
            long handle, MemorySegment alpha, long weightDesc, long weight, long dDstDesc, long dDst, long convolution, int algorithm,
            long workspace, long workspaceBytes, MemorySegment beta, long dSrcDesc, long dSrc) {
        return JCudnn.cudnnConvolutionBackwardData(
                handle(handle), Handles.host(alpha), filter(weightDesc), new Address(weight), tensor(dDstDesc), new Address(dDst),
                convolution(convolution), algorithm, new Address(workspace), workspaceBytes, Handles.host(beta), tensor(dSrcDesc), new Address(dSrc));
    }

    @Override
    public int cudnnConvolutionBackwardFilter(
            long handle, MemorySegment alpha, long srcDesc, long src, long dDstDesc, long dDst, long convolution, int algorithm,
            long workspace, long workspaceBytes, MemorySegment beta, long dWeightDesc, long dWeight) {
        return JCudnn.cudnnConvolutionBackwardFilter(
                handle(handle), Handles.host(alpha), tensor(srcDesc), new Address(src), tensor(dDstDesc), new Address(dDst),
                convolution(convolution), algorithm, new Address(workspace), workspaceBytes, Handles.host(beta), filter(dWeightDesc), new Address(dWeight));
    }
}
