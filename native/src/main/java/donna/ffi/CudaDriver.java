package donna.ffi;

import java.lang.foreign.MemorySegment;

/**
 * The functions of the CUDA driver (libcuda) that we call, under the names of their symbols. Handles ({@code CUstream} ...) and device pointers are
 * {@code long}; segments are out-parameters, arrays and host memory. Every function returns a {@code CUresult}. Thread-safe; most act on the context
 * that is current in the calling thread. Source: CUDA 12.9 driver API reference; all of it is in CUDA 12 and 13.
 */
public interface CudaDriver {
    /** Writes the address of a static string. */
    int cuGetErrorName(int error, MemorySegment text);

    /** Writes the address of a static string. */
    int cuGetErrorString(int error, MemorySegment text);

    int cuInit(int flags);

    /** Writes {@code 1000 * major + 10 * minor} of the newest CUDA that the driver can run. */
    int cuDriverGetVersion(MemorySegment version);

    int cuDeviceGetCount(MemorySegment count);

    int cuDeviceGet(MemorySegment device, int ordinal);

    int cuDeviceGetName(MemorySegment name, int length, int device);

    /** As NVML writes it: {@code domain:bus:device.function}. */
    int cuDeviceGetPCIBusId(MemorySegment id, int length, int device);

    int cuDeviceTotalMem_v2(MemorySegment bytes, int device);

    int cuDeviceGetAttribute(MemorySegment value, int attribute, int device);

    int cuDeviceCanAccessPeer(MemorySegment can, int device, int peer);

    int cuDevicePrimaryCtxRetain(MemorySegment context, int device);

    int cuDevicePrimaryCtxRelease_v2(int device);

    int cuCtxSetCurrent(long context);

    int cuCtxGetCurrent(MemorySegment context);

    /** Waits for everything that was queued in the current context. */
    int cuCtxSynchronize();

    int cuCtxGetStreamPriorityRange(MemorySegment least, MemorySegment greatest);

    /** Lets the current context read and write the memory of {@code peer}. */
    int cuCtxEnablePeerAccess(long peer, int flags);

    int cuCtxDisablePeerAccess(long peer);

    int cuMemGetInfo_v2(MemorySegment free, MemorySegment total);

    int cuMemAlloc_v2(MemorySegment pointer, long bytes);

    int cuMemFree_v2(long pointer);

    /** Host memory that stays in place, so that copies run beside the host. */
    int cuMemHostAlloc(MemorySegment pointer, long bytes, int flags);

    int cuMemFreeHost(long pointer);

    int cuDeviceGetDefaultMemPool(MemorySegment pool, int device);

    int cuMemPoolSetAttribute(long pool, int attribute, MemorySegment value);

    int cuMemPoolGetAttribute(long pool, int attribute, MemorySegment value);

    /** Gives back what the pool holds unused beyond {@code bytesToKeep}. */
    int cuMemPoolTrimTo(long pool, long bytesToKeep);

    int cuMemAllocAsync(MemorySegment pointer, long bytes, long stream);

    int cuMemFreeAsync(long pointer, long stream);

    int cuMemcpyHtoDAsync_v2(long dst, MemorySegment src, long bytes, long stream);

    int cuMemcpyDtoHAsync_v2(MemorySegment dst, long src, long bytes, long stream);

    int cuMemcpyDtoDAsync_v2(long dst, long src, long bytes, long stream);

    int cuMemcpyPeerAsync(long dst, long dstContext, long src, long srcContext, long bytes, long stream);

    int cuMemsetD8Async(long dst, byte value, long count, long stream);

    int cuMemsetD32Async(long dst, int value, long count, long stream);

    int cuStreamCreateWithPriority(MemorySegment stream, int flags, int priority);

    int cuStreamDestroy_v2(long stream);

    /** 0 when all is done, {@code CUDA_ERROR_NOT_READY} (600) otherwise. */
    int cuStreamQuery(long stream);

    int cuStreamSynchronize(long stream);

    int cuStreamWaitEvent(long stream, long event, int flags);

    int cuStreamBeginCapture_v2(long stream, int mode);

    int cuStreamEndCapture(long stream, MemorySegment graph);

    int cuStreamIsCapturing(long stream, MemorySegment status);

    int cuEventCreate(MemorySegment event, int flags);

    int cuEventDestroy_v2(long event);

    int cuEventRecord(long event, long stream);

    /** 0 when it has happened, {@code CUDA_ERROR_NOT_READY} (600) otherwise. */
    int cuEventQuery(long event);

    int cuEventSynchronize(long event);

    /** Writes a {@code float} of milliseconds. */
    int cuEventElapsedTime(MemorySegment milliseconds, long start, long end);

    /** {@code image}: a cubin, a fat binary, or PTX that ends with a zero byte. */
    int cuModuleLoadData(MemorySegment module, MemorySegment image);

    int cuModuleUnload(long module);

    int cuModuleGetFunction(MemorySegment function, long module, MemorySegment name);

    int cuModuleGetGlobal_v2(MemorySegment pointer, MemorySegment bytes, long module, MemorySegment name);

    int cuFuncGetAttribute(MemorySegment value, int attribute, long function);

    int cuFuncSetAttribute(long function, int attribute, int value);

    int cuOccupancyMaxActiveBlocksPerMultiprocessor(MemorySegment blocks, long function, int threads, long sharedBytes);

    /** {@code parameters}: one address per parameter; what they point to is copied before the call returns. */
    int cuLaunchKernel(
            long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int sharedBytes, long stream,
            MemorySegment parameters, MemorySegment extra);

    /** As {@code cuLaunchKernel}; {@code config}: a {@code CUlaunchConfig} of shape, stream and attributes, which is copied. */
    int cuLaunchKernelEx(MemorySegment config, long function, MemorySegment parameters, MemorySegment extra);

    int cuGraphInstantiateWithFlags(MemorySegment exec, long graph, long flags);

    /** {@code info}: a {@code CUgraphExecUpdateResultInfo}. */
    int cuGraphExecUpdate_v2(long exec, long graph, MemorySegment info);

    int cuGraphUpload(long exec, long stream);

    int cuGraphLaunch(long exec, long stream);

    /** With {@code nodes} null it writes the number of nodes alone. */
    int cuGraphGetNodes(long graph, MemorySegment nodes, MemorySegment count);

    int cuGraphExecDestroy(long exec);

    int cuGraphDestroy(long graph);
}
