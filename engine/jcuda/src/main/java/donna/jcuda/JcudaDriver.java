package donna.jcuda;

import static donna.jcuda.Handles.set;

import donna.ffi.CudaDriver;
import donna.jcuda.Handles.Address;
import donna.jcuda.Handles.DeviceAddress;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUgraphNode;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** {@link CudaDriver} over {@link JCudaDriver}, which has no attributes of memory pools and of launches: those answer {@code CUDA_ERROR_NOT_SUPPORTED}. */
final class JcudaDriver implements CudaDriver {
    private static final int NOT_SUPPORTED = 801;

    private final Handles handles;

    /** {@code loaded}: JCuda's class, which is initialized. */
    JcudaDriver(Handles handles, Class<?> loaded) {
        assert loaded == JCudaDriver.class;
        this.handles = handles;
        JCudaDriver.setExceptionsEnabled(false);
    }

    private int text(int status, String[] text, MemorySegment out) {
        out.set(ValueLayout.ADDRESS, 0, handles.text(text[0]));
        return status;
    }

    @Override
    public int cuGetErrorName(int error, MemorySegment out) {
        String[] text = new String[1];
        return text(JCudaDriver.cuGetErrorName(error, text), text, out);
    }

    @Override
    public int cuGetErrorString(int error, MemorySegment out) {
        String[] text = new String[1];
        return text(JCudaDriver.cuGetErrorString(error, text), text, out);
    }

    @Override
    public int cuInit(int flags) {
        return JCudaDriver.cuInit(flags);
    }

    @Override
    public int cuDriverGetVersion(MemorySegment version) {
        int[] out = new int[1];
        return set(JCudaDriver.cuDriverGetVersion(out), version, out);
    }

    @Override
    public int cuDeviceGetCount(MemorySegment count) {
        int[] out = new int[1];
        return set(JCudaDriver.cuDeviceGetCount(out), count, out);
    }

    /** A device is its ordinal here. */
    @Override
    public int cuDeviceGet(MemorySegment device, int ordinal) {
        return set(JCudaDriver.cuDeviceGet(new CUdevice(), ordinal), device, new int[] {ordinal});
    }

    private static CUdevice device(int ordinal) {
        CUdevice device = new CUdevice();
        JCudaDriver.cuDeviceGet(device, ordinal);
        return device;
    }

    @Override
    public int cuDeviceGetName(MemorySegment name, int length, int device) {
        byte[] out = new byte[length];
        int status = JCudaDriver.cuDeviceGetName(out, length, device(device));
        MemorySegment.copy(out, 0, name, ValueLayout.JAVA_BYTE, 0, length);
        return status;
    }

    @Override
    public int cuDeviceGetPCIBusId(MemorySegment id, int length, int device) {
        String[] out = new String[1];
        int status = JCudaDriver.cuDeviceGetPCIBusId(out, length, device(device));
        if (status == 0) {
            id.setString(0, out[0]);
        }
        return status;
    }

    @Override
    public int cuDeviceTotalMem_v2(MemorySegment bytes, int device) {
        long[] out = new long[1];
        return set(JCudaDriver.cuDeviceTotalMem(out, device(device)), bytes, out);
    }

    @Override
    public int cuDeviceGetAttribute(MemorySegment value, int attribute, int device) {
        int[] out = new int[1];
        return set(JCudaDriver.cuDeviceGetAttribute(out, attribute, device(device)), value, out);
    }

    @Override
    public int cuDeviceCanAccessPeer(MemorySegment can, int device, int peer) {
        int[] out = new int[1];
        return set(JCudaDriver.cuDeviceCanAccessPeer(out, device(device), device(peer)), can, out);
    }

    @Override
    public int cuDevicePrimaryCtxRetain(MemorySegment context, int device) {
        CUcontext made = new CUcontext();
        return handles.put(JCudaDriver.cuDevicePrimaryCtxRetain(made, device(device)), context, made);
    }

    @Override
    public int cuDevicePrimaryCtxRelease_v2(int device) {
        return JCudaDriver.cuDevicePrimaryCtxRelease(device(device));
    }

    @Override
    public int cuCtxSetCurrent(long context) {
        return JCudaDriver.cuCtxSetCurrent(handles.of(context, CUcontext.class));
    }

    @Override
    public int cuCtxGetCurrent(MemorySegment context) {
        CUcontext current = new CUcontext();
        return handles.put(JCudaDriver.cuCtxGetCurrent(current), context, current);
    }

    @Override
    public int cuCtxSynchronize() {
        return JCudaDriver.cuCtxSynchronize();
    }

    @Override
    public int cuCtxGetStreamPriorityRange(MemorySegment least, MemorySegment greatest) {
        int[] low = new int[1];
        int[] high = new int[1];
        int status = JCudaDriver.cuCtxGetStreamPriorityRange(low, high);
        set(status, least, low);
        return set(status, greatest, high);
    }

    @Override
    public int cuCtxEnablePeerAccess(long peer, int flags) {
        return JCudaDriver.cuCtxEnablePeerAccess(handles.of(peer, CUcontext.class), flags);
    }

    @Override
    public int cuCtxDisablePeerAccess(long peer) {
        return JCudaDriver.cuCtxDisablePeerAccess(handles.of(peer, CUcontext.class));
    }

    @Override
    public int cuMemGetInfo_v2(MemorySegment free, MemorySegment total) {
        long[] outFree = new long[1];
        long[] outTotal = new long[1];
        int status = JCudaDriver.cuMemGetInfo(outFree, outTotal);
        set(status, free, outFree);
        return set(status, total, outTotal);
    }

    @Override
    public int cuMemAlloc_v2(MemorySegment pointer, long bytes) {
        DeviceAddress out = new DeviceAddress();
        return set(JCudaDriver.cuMemAlloc(out, bytes), pointer, new long[] {out.value()});
    }

    @Override
    public int cuMemFree_v2(long pointer) {
        return JCudaDriver.cuMemFree(new DeviceAddress(pointer));
    }

    @Override
    public int cuMemHostAlloc(MemorySegment pointer, long bytes, int flags) {
        Address out = new Address();
        return set(JCudaDriver.cuMemHostAlloc(out, bytes, flags), pointer, new long[] {out.value()});
    }

    @Override
    public int cuMemFreeHost(long pointer) {
        return JCudaDriver.cuMemFreeHost(new Address(pointer));
    }

    @Override
    public int cuDeviceGetDefaultMemPool(MemorySegment pool, int device) {
        return NOT_SUPPORTED;
    }

    @Override
    public int cuMemPoolSetAttribute(long pool, int attribute, MemorySegment value) {
        return NOT_SUPPORTED;
    }

    @Override
    public int cuMemPoolGetAttribute(long pool, int attribute, MemorySegment value) {
        return NOT_SUPPORTED;
    }

    @Override
    public int cuMemPoolTrimTo(long pool, long bytesToKeep) {
        return NOT_SUPPORTED;
    }

    private CUstream stream(long stream) {
        return handles.of(stream, CUstream.class);
    }

    @Override
    public int cuMemAllocAsync(MemorySegment pointer, long bytes, long stream) {
        DeviceAddress out = new DeviceAddress();
        return set(JCudaDriver.cuMemAllocAsync(out, bytes, stream(stream)), pointer, new long[] {out.value()});
    }

    @Override
    public int cuMemFreeAsync(long pointer, long stream) {
        return JCudaDriver.cuMemFreeAsync(new DeviceAddress(pointer), stream(stream));
    }

    @Override
    public int cuMemcpyHtoDAsync_v2(long dst, MemorySegment src, long bytes, long stream) {
        return JCudaDriver.cuMemcpyHtoDAsync(new DeviceAddress(dst), Handles.host(src), bytes, stream(stream));
    }

    @Override
    public int cuMemcpyDtoHAsync_v2(MemorySegment dst, long src, long bytes, long stream) {
        return JCudaDriver.cuMemcpyDtoHAsync(Handles.host(dst), new DeviceAddress(src), bytes, stream(stream));
    }

    @Override
    public int cuMemcpyDtoDAsync_v2(long dst, long src, long bytes, long stream) {
        return JCudaDriver.cuMemcpyDtoDAsync(new DeviceAddress(dst), new DeviceAddress(src), bytes, stream(stream));
    }

    @Override
    public int cuMemcpyPeerAsync(long dst, long dstContext, long src, long srcContext, long bytes, long stream) {
        return JCudaDriver.cuMemcpyPeerAsync(
                new DeviceAddress(dst), handles.of(dstContext, CUcontext.class), new DeviceAddress(src), handles.of(srcContext, CUcontext.class), bytes,
                stream(stream));
    }

    @Override
    public int cuMemsetD8Async(long dst, byte value, long count, long stream) {
        return JCudaDriver.cuMemsetD8Async(new DeviceAddress(dst), value, count, stream(stream));
    }

    @Override
    public int cuMemsetD32Async(long dst, int value, long count, long stream) {
        return JCudaDriver.cuMemsetD32Async(new DeviceAddress(dst), value, count, stream(stream));
    }

    @Override
    public int cuStreamCreateWithPriority(MemorySegment stream, int flags, int priority) {
        CUstream made = new CUstream();
        return handles.put(JCudaDriver.cuStreamCreateWithPriority(made, flags, priority), stream, made);
    }

    @Override
    public int cuStreamDestroy_v2(long stream) {
        return handles.drop(JCudaDriver.cuStreamDestroy(stream(stream)), stream);
    }

    @Override
    public int cuStreamQuery(long stream) {
        return JCudaDriver.cuStreamQuery(stream(stream));
    }

    @Override
    public int cuStreamSynchronize(long stream) {
        return JCudaDriver.cuStreamSynchronize(stream(stream));
    }

    @Override
    public int cuStreamWaitEvent(long stream, long event, int flags) {
        return JCudaDriver.cuStreamWaitEvent(stream(stream), event(event), flags);
    }

    @Override
    public int cuStreamBeginCapture_v2(long stream, int mode) {
        return JCudaDriver.cuStreamBeginCapture(stream(stream), mode);
    }

    @Override
    public int cuStreamEndCapture(long stream, MemorySegment graph) {
        CUgraph made = new CUgraph();
        return handles.put(JCudaDriver.cuStreamEndCapture(stream(stream), made), graph, made);
    }

    @Override
    public int cuStreamIsCapturing(long stream, MemorySegment status) {
        int[] out = new int[1];
        return set(JCudaDriver.cuStreamIsCapturing(stream(stream), out), status, out);
    }

    private CUevent event(long event) {
        return handles.of(event, CUevent.class);
    }

    @Override
    public int cuEventCreate(MemorySegment event, int flags) {
        CUevent made = new CUevent();
        return handles.put(JCudaDriver.cuEventCreate(made, flags), event, made);
    }

    @Override
    public int cuEventDestroy_v2(long event) {
        return handles.drop(JCudaDriver.cuEventDestroy(event(event)), event);
    }

    @Override
    public int cuEventRecord(long event, long stream) {
        return JCudaDriver.cuEventRecord(event(event), stream(stream));
    }

    @Override
    public int cuEventQuery(long event) {
        return JCudaDriver.cuEventQuery(event(event));
    }

    @Override
    public int cuEventSynchronize(long event) {
        return JCudaDriver.cuEventSynchronize(event(event));
    }

    @Override
    public int cuEventElapsedTime(MemorySegment milliseconds, long start, long end) {
        float[] out = new float[1];
        int status = JCudaDriver.cuEventElapsedTime(out, event(start), event(end));
        milliseconds.set(ValueLayout.JAVA_FLOAT, 0, out[0]);
        return status;
    }

    @Override
    public int cuModuleLoadData(MemorySegment module, MemorySegment image) {
        CUmodule made = new CUmodule();
        return handles.put(JCudaDriver.cuModuleLoadData(made, image.toArray(ValueLayout.JAVA_BYTE)), module, made);
    }

    private CUmodule module(long module) {
        return handles.of(module, CUmodule.class);
    }

    @Override
    public int cuModuleUnload(long module) {
        return handles.drop(JCudaDriver.cuModuleUnload(module(module)), module);
    }

    @Override
    public int cuModuleGetFunction(MemorySegment function, long module, MemorySegment name) {
        CUfunction found = new CUfunction();
        return handles.put(JCudaDriver.cuModuleGetFunction(found, module(module), name.getString(0)), function, found);
    }

    @Override
    public int cuModuleGetGlobal_v2(MemorySegment pointer, MemorySegment bytes, long module, MemorySegment name) {
        DeviceAddress out = new DeviceAddress();
        long[] size = new long[1];
        int status = JCudaDriver.cuModuleGetGlobal(out, size, module(module), name.getString(0));
        set(status, bytes, size);
        return set(status, pointer, new long[] {out.value()});
    }

    private CUfunction function(long function) {
        return handles.of(function, CUfunction.class);
    }

    @Override
    public int cuFuncGetAttribute(MemorySegment value, int attribute, long function) {
        int[] out = new int[1];
        return set(JCudaDriver.cuFuncGetAttribute(out, attribute, function(function)), value, out);
    }

    @Override
    public int cuFuncSetAttribute(long function, int attribute, int value) {
        return JCudaDriver.cuFuncSetAttribute(function(function), attribute, value);
    }

    @Override
    public int cuOccupancyMaxActiveBlocksPerMultiprocessor(MemorySegment blocks, long function, int threads, long sharedBytes) {
        int[] out = new int[1];
        return set(JCudaDriver.cuOccupancyMaxActiveBlocksPerMultiprocessor(out, function(function), threads, sharedBytes), blocks, out);
    }

    @Override
    public int cuLaunchKernel(
            long function, int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int sharedBytes, long stream,
            MemorySegment parameters, MemorySegment extra) {
        return JCudaDriver.cuLaunchKernel(function(function), gridX, gridY, gridZ, blockX, blockY, blockZ, sharedBytes, stream(stream),
                Handles.host(parameters), Handles.host(extra));
    }

    @Override
    public int cuLaunchKernelEx(MemorySegment config, long function, MemorySegment parameters, MemorySegment extra) {
        return NOT_SUPPORTED;
    }

    private CUgraph graph(long graph) {
        return handles.of(graph, CUgraph.class);
    }

    private CUgraphExec exec(long exec) {
        return handles.of(exec, CUgraphExec.class);
    }

    @Override
    public int cuGraphInstantiateWithFlags(MemorySegment exec, long graph, long flags) {
        CUgraphExec made = new CUgraphExec();
        return handles.put(JCudaDriver.cuGraphInstantiate(made, graph(graph), flags), exec, made);
    }

    @Override
    public int cuGraphExecUpdate_v2(long exec, long graph, MemorySegment info) {
        return JCudaDriver.cuGraphExecUpdate(exec(exec), graph(graph), new CUgraphNode(), new int[1]);
    }

    @Override
    public int cuGraphUpload(long exec, long stream) {
        return JCudaDriver.cuGraphUpload(exec(exec), stream(stream));
    }

    @Override
    public int cuGraphLaunch(long exec, long stream) {
        return JCudaDriver.cuGraphLaunch(exec(exec), stream(stream));
    }

    @Override
    public int cuGraphGetNodes(long graph, MemorySegment nodes, MemorySegment count) {
        if (nodes.address() != 0) {
            return NOT_SUPPORTED;
        }
        long[] out = new long[1];
        return set(JCudaDriver.cuGraphGetNodes(graph(graph), null, out), count, out);
    }

    @Override
    public int cuGraphExecDestroy(long exec) {
        return handles.drop(JCudaDriver.cuGraphExecDestroy(exec(exec)), exec);
    }

    @Override
    public int cuGraphDestroy(long graph) {
        return handles.drop(JCudaDriver.cuGraphDestroy(graph(graph)), graph);
    }
}
