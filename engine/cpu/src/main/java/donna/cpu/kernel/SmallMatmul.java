package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * {@code C [M, N] = op(A) op(B) [+ bias [N]]} for plain matrices of a few hundred rows and columns, where a library's
 * start-up cost would dominate.
 * {@code op(A)} is {@code [M, K]}, {@code op(B)} is {@code [K, N]}; each is stored transposed where asked. B is packed
 * into scratch memory with its columns padded to whole vectors.
 */
public final class SmallMatmul {
    private final int m;
    private final int n;
    private final int k;
    private final boolean transposeA;
    private final boolean transposeB;
    private final int blocks;

    public SmallMatmul(int m, int n, int k, boolean transposeA, boolean transposeB) {
        this.m = m;
        this.n = n;
        this.k = k;
        this.transposeA = transposeA;
        this.transposeB = transposeB;
        this.blocks = Lanes.blocks(n);
    }

    /** Scratch bytes of a run: B and the bias packed, one tile of results. */
    public long scratchBytes() {
        return ((long) blocks * (k + 1) + 8) * BYTES;
    }

    /** {@code bias} is {@link MemorySegment#NULL} where there is none. */
    public void run(MemorySegment a, MemorySegment b, MemorySegment bias, MemorySegment c, MemorySegment scratch) {
        long rowStep = (transposeA ? 1L : k) * Float.BYTES;
        long depthStep = (transposeA ? m : 1L) * Float.BYTES;
        long tile = (long) blocks * (k + 1) * BYTES;
        for (int j = 0; j < blocks; j++) {
            long panel = (long) j * (k + 1) * BYTES;
            pack(b, bias, j, scratch, panel);
            int columns = Math.min(L, n - j * L);
            int i = 0;
            for (; i <= m - 8; i += 8) {
                eight(a, i * rowStep, rowStep, depthStep, scratch, panel, tile);
                copyOut(scratch, tile, i, 8, j * L, columns, c);
            }
            for (; i < m; i++) {
                one(a, i * rowStep, depthStep, scratch, panel, tile);
                copyOut(scratch, tile, i, 1, j * L, columns, c);
            }
        }
    }

    /** Bias first, then one vector per step of depth. */
    private void pack(MemorySegment b, MemorySegment bias, int block, MemorySegment scratch, long panel) {
        long to = panel / Float.BYTES;
        for (int lane = 0; lane < L; lane++) {
            int col = block * L + lane;
            boolean inside = col < n;
            Lanes.set(scratch, to + lane, inside && bias.byteSize() > 0 ? Lanes.get(bias, col) : 0);
            for (int d = 0; d < k; d++) {
                long from = transposeB ? (long) col * k + d : (long) d * n + col;
                Lanes.set(scratch, to + (long) (d + 1) * L + lane, inside ? Lanes.get(b, from) : 0);
            }
        }
    }

    private void copyOut(
            MemorySegment scratch, long tile, int row, int rows, int column, int columns, MemorySegment c) {
        for (int r = 0; r < rows; r++) {
            long to = ((long) (row + r) * n + column) * Float.BYTES;
            MemorySegment.copy(scratch, tile + (long) r * BYTES, c, to, (long) columns * Float.BYTES);
        }
    }

    private void eight(
            MemorySegment a, long s, long rowStep, long depthStep, MemorySegment packed, long panel, long d) {
        FloatVector c0 = FloatVector.fromMemorySegment(SPECIES, packed, panel, ORDER);
        FloatVector c1 = c0;
        FloatVector c2 = c0;
        FloatVector c3 = c0;
        FloatVector c4 = c0;
        FloatVector c5 = c0;
        FloatVector c6 = c0;
        FloatVector c7 = c0;
        for (int i = 0; i < k; i++) {
            FloatVector b = FloatVector.fromMemorySegment(SPECIES, packed, panel + (long) (i + 1) * BYTES, ORDER);
            long p = s + i * depthStep;
            c0 = b.fma(scalar(a, p), c0);
            c1 = b.fma(scalar(a, p + rowStep), c1);
            c2 = b.fma(scalar(a, p + 2 * rowStep), c2);
            c3 = b.fma(scalar(a, p + 3 * rowStep), c3);
            c4 = b.fma(scalar(a, p + 4 * rowStep), c4);
            c5 = b.fma(scalar(a, p + 5 * rowStep), c5);
            c6 = b.fma(scalar(a, p + 6 * rowStep), c6);
            c7 = b.fma(scalar(a, p + 7 * rowStep), c7);
        }
        c0.intoMemorySegment(packed, d, ORDER);
        c1.intoMemorySegment(packed, d + BYTES, ORDER);
        c2.intoMemorySegment(packed, d + 2L * BYTES, ORDER);
        c3.intoMemorySegment(packed, d + 3L * BYTES, ORDER);
        c4.intoMemorySegment(packed, d + 4L * BYTES, ORDER);
        c5.intoMemorySegment(packed, d + 5L * BYTES, ORDER);
        c6.intoMemorySegment(packed, d + 6L * BYTES, ORDER);
        c7.intoMemorySegment(packed, d + 7L * BYTES, ORDER);
    }

    private void one(MemorySegment a, long s, long depthStep, MemorySegment packed, long panel, long d) {
        FloatVector c = FloatVector.fromMemorySegment(SPECIES, packed, panel, ORDER);
        for (int i = 0; i < k; i++) {
            c = FloatVector.fromMemorySegment(SPECIES, packed, panel + (long) (i + 1) * BYTES, ORDER)
                    .fma(scalar(a, s + i * depthStep), c);
        }
        c.intoMemorySegment(packed, d, ORDER);
    }

    private static FloatVector scalar(MemorySegment a, long at) {
        return FloatVector.broadcast(SPECIES, a.get(java.lang.foreign.ValueLayout.JAVA_FLOAT, at));
    }
}
