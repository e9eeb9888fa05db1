package donna.jcuda;

import static donna.jcuda.Handles.set;

import donna.ffi.Nvrtc;
import donna.ffi.bind.CText;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;

/** {@link Nvrtc} over {@link JNvrtc}. */
final class JcudaNvrtc implements Nvrtc {
    private final Handles handles;

    /** {@code loaded}: JCuda's class, which is initialized. */
    JcudaNvrtc(Handles handles, Class<?> loaded) {
        assert loaded == JNvrtc.class;
        this.handles = handles;
        JNvrtc.setExceptionsEnabled(false);
    }

    @Override
    public MemorySegment nvrtcGetErrorString(int result) {
        return handles.text(JNvrtc.nvrtcGetErrorString(result));
    }

    @Override
    public int nvrtcVersion(MemorySegment major, MemorySegment minor) {
        int[] first = new int[1];
        int[] second = new int[1];
        int status = JNvrtc.nvrtcVersion(first, second);
        set(status, major, first);
        return set(status, minor, second);
    }

    @Override
    public int nvrtcGetNumSupportedArchs(MemorySegment count) {
        int[] out = new int[1];
        return set(JNvrtc.nvrtcGetNumSupportedArchs(out), count, out);
    }

    @Override
    public int nvrtcGetSupportedArchs(MemorySegment archs) {
        int[] out = new int[(int) (archs.byteSize() / Integer.BYTES)];
        int status = JNvrtc.nvrtcGetSupportedArchs(out);
        MemorySegment.copy(out, 0, archs, ValueLayout.JAVA_INT, 0, out.length);
        return status;
    }

    @Override
    public int nvrtcCreateProgram(
            MemorySegment program, MemorySegment source, MemorySegment name, int headerCount, MemorySegment headers, MemorySegment includeNames) {
        nvrtcProgram made = new nvrtcProgram();
        int status = JNvrtc.nvrtcCreateProgram(
                made, source.getString(0), name.getString(0), headerCount, texts(headers, headerCount), texts(includeNames, headerCount));
        return handles.put(status, program, made);
    }

    private static String[] texts(MemorySegment addresses, int count) {
        String[] texts = new String[count];
        for (int i = 0; i < count; i++) {
            texts[i] = CText.of(addresses.getAtIndex(ValueLayout.ADDRESS, i));
        }
        return texts;
    }

    private nvrtcProgram program(long program) {
        return handles.of(program, nvrtcProgram.class);
    }

    @Override
    public int nvrtcDestroyProgram(MemorySegment program) {
        long number = program.get(ValueLayout.JAVA_LONG, 0);
        int status = handles.drop(JNvrtc.nvrtcDestroyProgram(program(number)), number);
        program.set(ValueLayout.JAVA_LONG, 0, 0);
        return status;
    }

    @Override
    public int nvrtcCompileProgram(long program, int optionCount, MemorySegment options) {
        return JNvrtc.nvrtcCompileProgram(program(program), optionCount, texts(options, optionCount));
    }

    @Override
    public int nvrtcGetProgramLogSize(long program, MemorySegment bytes) {
        long[] out = new long[1];
        return set(JNvrtc.nvrtcGetProgramLogSize(program(program), out), bytes, out);
    }

    @Override
    public int nvrtcGetProgramLog(long program, MemorySegment log) {
        String[] out = new String[1];
        return text(JNvrtc.nvrtcGetProgramLog(program(program), out), out, log);
    }

    @Override
    public int nvrtcGetCUBINSize(long program, MemorySegment bytes) {
        long[] out = new long[1];
        return set(JNvrtc.nvrtcGetCUBINSize(program(program), out), bytes, out);
    }

    @Override
    public int nvrtcGetCUBIN(long program, MemorySegment cubin) {
        byte[] out = new byte[(int) cubin.byteSize()];
        int status = JNvrtc.nvrtcGetCUBIN(program(program), out);
        MemorySegment.copy(out, 0, cubin, ValueLayout.JAVA_BYTE, 0, out.length);
        return status;
    }

    @Override
    public int nvrtcGetPTXSize(long program, MemorySegment bytes) {
        long[] out = new long[1];
        return set(JNvrtc.nvrtcGetPTXSize(program(program), out), bytes, out);
    }

    @Override
    public int nvrtcGetPTX(long program, MemorySegment ptx) {
        String[] out = new String[1];
        return text(JNvrtc.nvrtcGetPTX(program(program), out), out, ptx);
    }

    /** {@code out} is as large as the library said, and zero behind the text. */
    private static int text(int status, String[] text, MemorySegment out) {
        if (status == 0 && text[0] != null) {
            byte[] bytes = text[0].getBytes(StandardCharsets.UTF_8);
            MemorySegment.copy(bytes, 0, out, ValueLayout.JAVA_BYTE, 0, (int) Math.min(bytes.length, out.byteSize()));
        }
        return status;
    }
}
