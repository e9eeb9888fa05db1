package donna.ffi;

import java.lang.foreign.MemorySegment;

/**
 * The functions of NVRTC, the run-time compiler of CUDA C++, under their C names. A function that returns {@code int} returns an {@code nvrtcResult}.
 * Thread-safe; a program by one thread at a time. Source: NVRTC 12.9; all of it is in 11.2 and newer.
 */
public interface Nvrtc {
    /** A static string. */
    MemorySegment nvrtcGetErrorString(int result);

    int nvrtcVersion(MemorySegment major, MemorySegment minor);

    int nvrtcGetNumSupportedArchs(MemorySegment count);

    /** Writes that many {@code int}: 70 for compute capability 7.0. */
    int nvrtcGetSupportedArchs(MemorySegment archs);

    int nvrtcCreateProgram(
            MemorySegment program, MemorySegment source, MemorySegment name, int headerCount, MemorySegment headers, MemorySegment includeNames);

    /** {@code program}: the address of the handle, which becomes 0. */
    int nvrtcDestroyProgram(MemorySegment program);

    int nvrtcCompileProgram(long program, int optionCount, MemorySegment options);

    int nvrtcGetProgramLogSize(long program, MemorySegment bytes);

    int nvrtcGetProgramLog(long program, MemorySegment log);

    /** 0 bytes unless an architecture of the form {@code sm_NN} was asked for. */
    int nvrtcGetCUBINSize(long program, MemorySegment bytes);

    int nvrtcGetCUBIN(long program, MemorySegment cubin);

    int nvrtcGetPTXSize(long program, MemorySegment bytes);

    int nvrtcGetPTX(long program, MemorySegment ptx);
}
