package donna.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A decoded JPEG.
 *
 * @param rgb {@code [height, width, 3]} bytes
 */
public record JpegImage(int height, int width, byte[] rgb) {
    /**
     * Decodes; grey becomes equal red, green and blue. Any thread.
     *
     * @param maxPixels more are refused before anything is allocated for them
     * @throws NativeException if it is no JPEG, damaged, truncated or too large
     */
    public static JpegImage decode(Turbojpeg lib, byte[] encoded, int maxPixels) {
        long handle = lib.tjInitDecompress();
        if (handle == 0) {
            throw new NativeException("tjInitDecompress: no handle; " + lib.tjGetErrorStr2(0));
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment jpeg = arena.allocate(Math.max(1, encoded.length));
            MemorySegment.copy(encoded, 0, jpeg, ValueLayout.JAVA_BYTE, 0, encoded.length);
            MemorySegment sizes = arena.allocate(16, 4);
            check(lib, handle, lib.tjDecompressHeader3(handle, jpeg, encoded.length, sizes));
            int width = sizes.get(ValueLayout.JAVA_INT, 0);
            int height = sizes.get(ValueLayout.JAVA_INT, 4);
            if (width < 1 || height < 1 || height > maxPixels / width) {
                throw new NativeException(height + "x" + width + " pixels, expected at most " + maxPixels);
            }
            MemorySegment dst = arena.allocate(3L * height * width);
            check(lib, handle, lib.tjDecompress2(
                    handle, jpeg, encoded.length, dst, width, 3 * width, height, Turbojpeg.TJPF_RGB, Turbojpeg.TJFLAG_ACCURATEDCT));
            return new JpegImage(height, width, dst.toArray(ValueLayout.JAVA_BYTE));
        } finally {
            lib.tjDestroy(handle);
        }
    }

    private static void check(Turbojpeg lib, long handle, int status) {
        if (status != 0) {
            throw new NativeException(lib.tjGetErrorStr2(handle));
        }
    }
}
