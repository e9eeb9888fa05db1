package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.L;
import static donna.cpu.kernel.Lanes.SPECIES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * A row of long-running sums, each a float and the error it leaves out (Knuth, TAOCP 2, 4.2.2, theorem B): about twice
 * a float's digits.
 */
final class Sums {
    private final float[] high;
    private final float[] low;
    /**
     * Where a loop leaves its float sum, a vector, for {@link #add(int)}: vectors do not cross methods, which would put
     * them on the heap.
     */
    final float[] partial = new float[L];

    Sums(int count) {
        high = new float[count];
        low = new float[count];
    }

    void clear() {
        Arrays.fill(high, 0);
        Arrays.fill(low, 0);
    }

    /** Adds {@link #partial} to the sums that begin at {@code at}. */
    void add(int at) {
        FloatVector x = FloatVector.fromArray(SPECIES, partial, 0);
        FloatVector a = FloatVector.fromArray(SPECIES, high, at);
        FloatVector s = a.add(x);
        FloatVector b = s.sub(a);
        FloatVector error = a.sub(s.sub(b)).add(x.sub(b));
        s.intoArray(high, at);
        FloatVector.fromArray(SPECIES, low, at).add(error).intoArray(low, at);
    }

    double value(int i) {
        return (double) high[i] + low[i];
    }
}
