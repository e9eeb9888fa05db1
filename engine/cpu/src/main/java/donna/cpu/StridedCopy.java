package donna.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import donna.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** Copies a box of elements between two strided places; offsets and strides are in elements. */
final class StridedCopy {
    private final int[] dims;
    private final long srcOffset;
    private final long[] srcStrides;
    private final long dstOffset;
    private final long[] dstStrides;
    private final boolean clear;

    /** {@code clear}: first fill dst with zeros. */
    StridedCopy(Shape box, long srcOffset, long[] srcStrides, long dstOffset, long[] dstStrides, boolean clear) {
        this.dims = box.dims();
        this.srcOffset = srcOffset;
        this.srcStrides = srcStrides.clone();
        this.dstOffset = dstOffset;
        this.dstStrides = dstStrides.clone();
        this.clear = clear;
    }

    static long[] rowMajor(Shape s) {
        long[] strides = new long[s.rank()];
        long each = 1;
        for (int i = s.rank() - 1; i >= 0; i--) {
            strides[i] = each;
            each *= s.dim(i);
        }
        return strides;
    }

    void run(MemorySegment src, MemorySegment dst) {
        if (clear) {
            dst.fill((byte) 0);
        }
        copy(0, src, srcOffset, dst, dstOffset);
    }

    private void copy(int d, MemorySegment src, long s, MemorySegment dst, long t) {
        if (d < dims.length - 1) {
            for (int i = 0; i < dims[d]; i++) {
                copy(d + 1, src, s + i * srcStrides[d], dst, t + i * dstStrides[d]);
            }
            return;
        }
        int n = dims[d];
        if (srcStrides[d] == 1 && dstStrides[d] == 1) {
            MemorySegment.copy(src, JAVA_FLOAT, s * Float.BYTES, dst, JAVA_FLOAT, t * Float.BYTES, n);
            return;
        }
        for (int i = 0; i < n; i++) {
            dst.setAtIndex(JAVA_FLOAT, t + i * dstStrides[d], src.getAtIndex(JAVA_FLOAT, s + i * srcStrides[d]));
        }
    }
}
