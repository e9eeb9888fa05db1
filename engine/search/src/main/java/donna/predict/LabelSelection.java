package donna.predict;

import donna.graph.Mask;
import donna.space.Architecture;
import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Which architectures to finetune for the predictor. */
public final class LabelSelection {
    private static final long SALT = Mask.mix(0x6C6162656C73L);
    private static final int TRIES = 64;

    private LabelSelection() {}

    /**
     * Draws different architectures of finite NSR uniformly, sorts them by the sum of their NSRs and takes {@code
     * count} at even distances, the
     * best and the worst among them. A function of its arguments alone.
     *
     * @param nsr held-out NSR of every candidate, by block; not finite where a candidate failed
     * @param pool how many are drawn; fewer where the space has fewer
     * @return best first
     * @throws DonnaException.InvalidInput if the space has fewer than {@code count} usable architectures
     */
    public static List<Architecture> evenlySpaced(double[][] nsr, int count, int pool, long seed) {
        List<Architecture> drawn = new ArrayList<>(random(nsr, pool, seed));
        BlockFeatures features = BlockFeatures.ofNsr(nsr);
        if (drawn.size() < count || count < 2) {
            throw new DonnaException.InvalidInput("label selection: " + count + " architectures wanted, " + drawn.size()
                    + " usable ones drawn; expected 2 up to the number drawn; lower predictor.architectures,"
                    + " which a spec allows down to 4, or widen the space");
        }
        drawn.sort(Comparator.comparingDouble((Architecture a) -> features.sumOfNsr(a))
                .thenComparing(Comparator.naturalOrder()));
        List<Architecture> out = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            out.add(drawn.get((int) Math.round((double) i * (drawn.size() - 1) / (count - 1))));
        }
        return out;
    }

    /**
     * Draws different architectures of finite NSR uniformly. A function of its arguments alone.
     *
     * @param count how many; fewer where the space has fewer
     * @return in the order of the draw
     */
    public static Set<Architecture> random(double[][] nsr, int count, long seed) {
        int[][] usable = new int[nsr.length][];
        for (int n = 0; n < nsr.length; n++) {
            double[] values = nsr[n];
            usable[n] = IntStream.range(0, values.length)
                    .filter(m -> Double.isFinite(values[m]))
                    .toArray();
            if (usable[n].length == 0) {
                throw new DonnaException.InvalidInput("label selection: block " + n
                        + " has no candidate of finite NSR; lower distill.train.lr so that its candidates train");
            }
        }
        long key = Mask.mix(SALT ^ seed);
        Set<Architecture> drawn = new LinkedHashSet<>();
        for (long draw = 0; drawn.size() < count && draw < (long) TRIES * count; draw++) {
            int[] choices = new int[nsr.length];
            for (int n = 0; n < nsr.length; n++) {
                long bits = Mask.mix(Mask.mix(key ^ draw) ^ n);
                choices[n] = usable[n][(int) Math.unsignedMultiplyHigh(bits, usable[n].length)];
            }
            drawn.add(new Architecture(choices));
        }
        return drawn;
    }
}
