package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Blocked images less each channel's mean over all of them. Not thread-safe. */
public final class CentredImages {
    private final int n;
    private final int c;
    private final int h;
    private final int w;
    private final ChannelMoments moments;
    private final float[] means;

    public CentredImages(int n, int c, int h, int w) {
        this.n = n;
        this.c = c;
        this.h = h;
        this.w = w;
        moments = new ChannelMoments(c);
        means = Lanes.perChannel(c);
    }

    /** Writes {@code dst = src - mean}, and the means in a row. */
    public void run(MemorySegment src, MemorySegment dst, MemorySegment mean) {
        int blocks = Lanes.blocks(c);
        int pixels = h * w;
        moments.clear();
        moments.planes(0, n * blocks, src, h, w);
        for (int i = 0; i < c; i++) {
            means[i] = (float) moments.mean(i, (long) n * pixels);
        }
        Lanes.toPlain(means, c, mean);
        for (int p = 0; p < n * blocks; p++) {
            FloatVector m = FloatVector.fromArray(SPECIES, means, p % blocks * Lanes.L);
            long from = (long) p * pixels * BYTES;
            for (long at = from; at < from + (long) pixels * BYTES; at += BYTES) {
                FloatVector.fromMemorySegment(SPECIES, src, at, ORDER).sub(m).intoMemorySegment(dst, at, ORDER);
            }
        }
    }
}
