package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Sum and sum of squares per channel, both of the values less a shift near the channel's mean, so that a large mean
 * costs no digits.
 */
public final class ChannelMoments implements Moments {
    /** Vectors summed in plain float before they go to the compensated sum. */
    private static final int RUN = 1024;

    private final int blocks;
    private final float[] shift;
    private final Sums sum;
    private final Sums square;

    public ChannelMoments(int channels) {
        blocks = Lanes.blocks(channels);
        shift = Lanes.perChannel(channels);
        sum = new Sums(shift.length);
        square = new Sums(shift.length);
    }

    public void clear() {
        sum.clear();
        square.clear();
    }

    /**
     * Adds planes {@code [first, first + count)} of a blocked tensor. Those of the first image come first: a pixel in the
     * middle of each is its channels' shift.
     */
    public void planes(int first, int count, MemorySegment src, int height, int width) {
        long plane = (long) height * width * BYTES;
        for (int p = first; p < first + count; p++) {
            plane(p < blocks, p % blocks, src, p * plane, height, width);
        }
    }

    private void plane(boolean first, int block, MemorySegment src, long offset, int height, int width) {
        if (first) {
            FloatVector.fromMemorySegment(SPECIES, src, offset + (long) (height / 2 * width + width / 2) * BYTES, ORDER)
                    .intoArray(shift, block * L);
        }
        add(block, src, offset, height * width);
    }

    private void add(int block, MemorySegment src, long offset, int vectors) {
        for (int done = 0; done < vectors; done += RUN) {
            addRun(block * L, src, offset + (long) done * BYTES, Math.min(RUN, vectors - done));
        }
    }

    private void addRun(int at, MemorySegment src, long offset, int vectors) {
        FloatVector k = FloatVector.fromArray(SPECIES, shift, at);
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector q0 = s0;
        FloatVector s1 = s0;
        FloatVector q1 = s0;
        int i = 0;
        for (; i < vectors - 1; i += 2) {
            FloatVector a = FloatVector.fromMemorySegment(SPECIES, src, offset + (long) i * BYTES, ORDER)
                    .sub(k);
            FloatVector b = FloatVector.fromMemorySegment(SPECIES, src, offset + (long) i * BYTES + BYTES, ORDER)
                    .sub(k);
            s0 = s0.add(a);
            s1 = s1.add(b);
            q0 = a.fma(a, q0);
            q1 = b.fma(b, q1);
        }
        if (i < vectors) {
            FloatVector a = FloatVector.fromMemorySegment(SPECIES, src, offset + (long) i * BYTES, ORDER)
                    .sub(k);
            s0 = s0.add(a);
            q0 = a.fma(a, q0);
        }
        s0.add(s1).intoArray(sum.partial, 0);
        q0.add(q1).intoArray(square.partial, 0);
        sum.add(at);
        square.add(at);
    }

    @Override
    public double mean(int c, long count) {
        return shift[c] + sum.value(c) / count;
    }

    @Override
    public double variance(int c, long count) {
        double m = sum.value(c) / count;
        return Math.max(square.value(c) / count - m * m, 0);
    }
}
