package donna.ffi;

import java.lang.foreign.MemorySegment;

/**
 * The functions of cuDNN that we call, under their C names: the backend (graph) API, and the convolutions of the older API, which are all that JCuda and
 * cards before Turing may have. A function that returns {@code int} returns a {@code cudnnStatus_t}. A handle is used by one thread at a time. Source: cuDNN
 * 9; all but {@link #cudnnGetLastErrorString} is in 8 too.
 */
public interface Cudnn {
    /** 8907 for 8.9.7, 90500 for 9.5.0. */
    long cudnnGetVersion();

    /** The major and minor of the CUDA run time that the library was built with, {@code 1000 * major + 10 * minor}. */
    long cudnnGetCudartVersion();

    /** A static string: the name of the status. */
    MemorySegment cudnnGetErrorString(int status);

    /** The reason of this thread's last error; cuDNN 9 only. */
    void cudnnGetLastErrorString(MemorySegment text, long bytes);

    int cudnnCreate(MemorySegment handle);

    int cudnnDestroy(long handle);

    int cudnnSetStream(long handle, long stream);

    int cudnnBackendCreateDescriptor(int type, MemorySegment descriptor);

    int cudnnBackendDestroyDescriptor(long descriptor);

    int cudnnBackendSetAttribute(long descriptor, int name, int type, long count, MemorySegment values);

    int cudnnBackendGetAttribute(long descriptor, int name, int type, long requested, MemorySegment count, MemorySegment values);

    int cudnnBackendFinalize(long descriptor);

    int cudnnBackendExecute(long handle, long plan, long variantPack);

    int cudnnCreateTensorDescriptor(MemorySegment descriptor);

    int cudnnDestroyTensorDescriptor(long descriptor);

    int cudnnSetTensor4dDescriptor(long descriptor, int format, int type, int n, int c, int h, int w);

    int cudnnGetTensor4dDescriptor(
            long descriptor, MemorySegment type, MemorySegment n, MemorySegment c, MemorySegment h, MemorySegment w, MemorySegment nStride,
            MemorySegment cStride, MemorySegment hStride, MemorySegment wStride);

    int cudnnCreateFilterDescriptor(MemorySegment descriptor);

    int cudnnDestroyFilterDescriptor(long descriptor);

    int cudnnSetFilter4dDescriptor(long descriptor, int type, int format, int k, int c, int h, int w);

    int cudnnCreateConvolutionDescriptor(MemorySegment descriptor);

    int cudnnDestroyConvolutionDescriptor(long descriptor);

    int cudnnSetConvolution2dDescriptor(
            long descriptor, int padH, int padW, int strideH, int strideW, int dilationH, int dilationW, int mode, int computeType);

    int cudnnSetConvolutionGroupCount(long descriptor, int groups);

    int cudnnSetConvolutionMathType(long descriptor, int mathType);

    int cudnnGetConvolution2dForwardOutputDim(
            long convolution, long src, long weight, MemorySegment n, MemorySegment c, MemorySegment h, MemorySegment w);

    /** Writes up to {@code requested} {@code cudnnConvolutionFwdAlgoPerf_t}, the best first, from the library's tables. */
    int cudnnGetConvolutionForwardAlgorithm_v7(
            long handle, long src, long weight, long convolution, long dst, int requested, MemorySegment returned, MemorySegment results);

    int cudnnGetConvolutionBackwardDataAlgorithm_v7(
            long handle, long weight, long dDst, long convolution, long dSrc, int requested, MemorySegment returned, MemorySegment results);

    int cudnnGetConvolutionBackwardFilterAlgorithm_v7(
            long handle, long src, long dDst, long convolution, long dWeight, int requested, MemorySegment returned, MemorySegment results);

    int cudnnGetConvolutionForwardWorkspaceSize(
            long handle, long src, long weight, long convolution, long dst, int algorithm, MemorySegment bytes);

    int cudnnGetConvolutionBackwardDataWorkspaceSize(
            long handle, long weight, long dDst, long convolution, long dSrc, int algorithm, MemorySegment bytes);

    int cudnnGetConvolutionBackwardFilterWorkspaceSize(
            long handle, long src, long dDst, long convolution, long dWeight, int algorithm, MemorySegment bytes);

    int cudnnConvolutionForward(
            long handle, MemorySegment alpha, long srcDesc, long src, long weightDesc, long weight, long convolution, int algorithm,
            long workspace, long workspaceBytes, MemorySegment beta, long dstDesc, long dst);

    int cudnnConvolutionBackwardData(
            long handle, MemorySegment alpha, long weightDesc, long weight, long dDstDesc, long dDst, long convolution, int algorithm,
            long workspace, long workspaceBytes, MemorySegment beta, long dSrcDesc, long dSrc);

    int cudnnConvolutionBackwardFilter(
            long handle, MemorySegment alpha, long srcDesc, long src, long dDstDesc, long dDst, long convolution, int algorithm,
            long workspace, long workspaceBytes, MemorySegment beta, long dWeightDesc, long dWeight);
}
