package donna.ffi;

import donna.ffi.bind.CText;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** NVRTC, checked: CUDA C++ to machine code at run time. Needs no card. Thread-safe. */
public final class KernelCompiler {
    private final Nvrtc lib;

    private KernelCompiler(Nvrtc lib) {
        this.lib = lib;
    }

    /**
     * Loads the compiler.
     *
     * @throws NativeException if it cannot be loaded
     */
    public static KernelCompiler open(CudaBindings bindings) {
        return new KernelCompiler(bindings.nvrtc());
    }

    /** {@code 12.9}. */
    public String version() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment major = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment minor = arena.allocate(ValueLayout.JAVA_INT);
            check(lib.nvrtcVersion(major, minor), "nvrtcVersion");
            return major.get(ValueLayout.JAVA_INT, 0) + "." + minor.get(ValueLayout.JAVA_INT, 0);
        }
    }

    /** Compute capabilities that it makes code for, {@code 10 * major + minor}, ascending. */
    public List<Integer> capabilities() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
            check(lib.nvrtcGetNumSupportedArchs(count), "nvrtcGetNumSupportedArchs");
            MemorySegment archs = arena.allocate(ValueLayout.JAVA_INT, count.get(ValueLayout.JAVA_INT, 0));
            check(lib.nvrtcGetSupportedArchs(archs), "nvrtcGetSupportedArchs");
            return Arrays.stream(archs.toArray(ValueLayout.JAVA_INT)).sorted().boxed().toList();
        }
    }

    /**
     * What the compiler made.
     *
     * @param image a cubin where the options name an {@code sm_NN}, PTX where they name a {@code compute_NN}
     * @param log the compiler's remarks; often empty
     */
    public record Compiled(byte[] image, String log) {}

    /**
     * Compiles one source.
     *
     * @param name the file's name in the compiler's messages
     * @throws NativeException if the source has errors, which it quotes, or the architecture is not one of {@link #capabilities}
     */
    public Compiled compile(String source, String name, List<String> options) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment program = arena.allocate(ValueLayout.JAVA_LONG);
            check(lib.nvrtcCreateProgram(program, arena.allocateFrom(source), arena.allocateFrom(name), 0, MemorySegment.NULL, MemorySegment.NULL),
                    "nvrtcCreateProgram of " + name);
            try {
                long p = program.get(ValueLayout.JAVA_LONG, 0);
                MemorySegment texts = arena.allocate(ValueLayout.ADDRESS, Math.max(options.size(), 1));
                for (int i = 0; i < options.size(); i++) {
                    texts.setAtIndex(ValueLayout.ADDRESS, i, arena.allocateFrom(options.get(i)));
                }
                int status = lib.nvrtcCompileProgram(p, options.size(), texts);
                String log = log(arena, p);
                if (status != 0) {
                    throw new NativeException("NVRTC " + version() + ": " + name + " with " + String.join(" ", options) + ": " + text(status)
                            + (log.isEmpty() ? "" : "\n" + log), status);
                }
                byte[] cubin = bytes(arena, out -> lib.nvrtcGetCUBINSize(p, out), out -> lib.nvrtcGetCUBIN(p, out), "nvrtcGetCUBIN");
                return new Compiled(
                        cubin.length > 0 ? cubin : bytes(arena, out -> lib.nvrtcGetPTXSize(p, out), out -> lib.nvrtcGetPTX(p, out), "nvrtcGetPTX"), log);
            } finally {
                check(lib.nvrtcDestroyProgram(program), "nvrtcDestroyProgram");
            }
        }
    }

    private String log(Arena arena, long program) {
        byte[] log = bytes(arena, out -> lib.nvrtcGetProgramLogSize(program, out), out -> lib.nvrtcGetProgramLog(program, out), "nvrtcGetProgramLog");
        int length = log.length > 0 && log[log.length - 1] == 0 ? log.length - 1 : log.length;
        return new String(log, 0, length, StandardCharsets.UTF_8).strip();
    }

    private byte[] bytes(Arena arena, Cuda.Out size, Cuda.Out content, String function) {
        MemorySegment length = arena.allocate(ValueLayout.JAVA_LONG);
        check(size.call(length), function + "Size");
        if (length.get(ValueLayout.JAVA_LONG, 0) == 0) {
            return new byte[0];
        }
        MemorySegment out = arena.allocate(length.get(ValueLayout.JAVA_LONG, 0));
        check(content.call(out), function);
        return out.toArray(ValueLayout.JAVA_BYTE);
    }

    private void check(int status, String function) {
        if (status != 0) {
            throw new NativeException("NVRTC: " + function + ": " + text(status), status);
        }
    }

    private String text(int status) {
        return CText.of(lib.nvrtcGetErrorString(status)) + " (" + status + ")";
    }
}
