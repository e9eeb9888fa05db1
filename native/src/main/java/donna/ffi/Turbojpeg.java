package donna.ffi;

import java.lang.foreign.MemorySegment;

/**
 * The functions of libjpeg-turbo's TurboJPEG interface that we call, as 2.x and 3.x have them. (The classic libjpeg interface reports errors by a function
 * that must not return, which Java cannot give it.) Thread-safe; a handle belongs to one thread at a time.
 */
public interface Turbojpeg {
    /** {@code TJPF_RGB}: red, green, blue, a byte each. */
    int TJPF_RGB = 0;

    /** {@code TJFLAG_ACCURATEDCT}: the slow integer transform, which others use too. */
    int TJFLAG_ACCURATEDCT = 4096;

    /** A handle, or 0. */
    long tjInitDecompress();

    int tjDestroy(long handle);

    /**
     * Reads an image's size.
     *
     * @param sizes receives four ints: width, height, subsampling, colour space
     * @return 0, or -1
     */
    int tjDecompressHeader3(long handle, MemorySegment jpeg, long bytes, MemorySegment sizes);

    /** Decodes into {@code dst}, rows from the top; returns 0, or -1 also where the image is only damaged. */
    int tjDecompress2(long handle, MemorySegment jpeg, long bytes, MemorySegment dst, int width, int pitch, int height, int format, int flags);

    /** What went wrong with this handle last. */
    String tjGetErrorStr2(long handle);

    /**
     * The library of this machine.
     *
     * @throws NativeException if there is none
     */
    static Turbojpeg load() {
        return TurbojpegFfm.instance();
    }
}
