package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.ORDER;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** The sum of the squares of all gradients: {@link #clear}, {@link #add} every gradient, {@link #value}. */
public final class GradientSquares {
    private static final int RUN = 256;
    private final Sums lanes = new Sums(L);
    private double rest;

    public void clear() {
        lanes.clear();
        rest = 0;
    }

    /** Adds the squares of {@code count} elements. */
    public void add(MemorySegment gradient, long count) {
        long vectors = count / L;
        for (long done = 0; done < vectors; done += RUN) {
            addRun(gradient, done * BYTES, (int) Math.min(RUN, vectors - done));
        }
        for (long i = vectors * L; i < count; i++) {
            double g = Lanes.get(gradient, i);
            rest += g * g;
        }
    }

    private void addRun(MemorySegment gradient, long at, int vectors) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int i = 0; i < vectors; i++) {
            FloatVector g = FloatVector.fromMemorySegment(SPECIES, gradient, at + (long) i * BYTES, ORDER);
            sum = g.fma(g, sum);
        }
        sum.intoArray(lanes.partial, 0);
        lanes.add(0);
    }

    /** NaN if a gradient is NaN. */
    public double value() {
        double sum = rest;
        for (int i = 0; i < L; i++) {
            sum += lanes.value(i);
        }
        return sum;
    }
}
