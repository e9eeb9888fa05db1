package donna.cpu.kernel;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Which pixels of a source row the outputs of a tile read in a row of taps: output {@code i} reads, at tap {@code t}, the
 * pixel {@code i * step + shifts[t]} behind the tile's origin. Pixels outside {@code [low, high)} are zero and not read.
 *
 * @param step source pixels between outputs
 * @param dstStep pixels between outputs where they are written
 */
record TileShape(int outputs, int step, List<Integer> shifts, int low, int high, int dstStep) {
    /** Registers that outputs may take; the others hold a row of weights. */
    private static final int MOST_OUTPUTS = Lanes.L < 16 ? 8 : 14;

    private static final int LEAST_OUTPUTS = 4;

    /**
     * What a method holds at most: for each output its products, the loads of the source pixels that come with it, and two more. With a third more, a method
     * can be too large for the JVM's first compiler once that takes a profile; then it may be left without one, and the second compiler never has its turn.
     */
    private static final int OPERATIONS = 88;

    /** A tile and where it lies: its first output, and the source pixel that is its origin. */
    record Placed(TileShape shape, int first, int origin) {}

    TileShape {
        shifts = List.copyOf(shifts);
    }

    int taps() {
        return shifts.size();
    }

    int pixel(int output, int tap) {
        return output * step + shifts.get(tap);
    }

    /** The outputs of one class of {@code x} as tiles of nearly one size. */
    static List<Placed> cut(Axis x, int of) {
        int count = x.count[of];
        int largest = Math.clamp(OPERATIONS / (x.shifts[of].length + x.baseStep + 2), LEAST_OUTPUTS, MOST_OUTPUTS);
        int tiles = (count + largest - 1) / largest;
        List<Integer> shifts = IntStream.of(x.shifts[of]).boxed().toList();
        return IntStream.range(0, tiles)
                .mapToObj(i -> {
                    int from = i * count / tiles;
                    int outputs = (i + 1) * count / tiles - from;
                    int first = x.first[of] + from * x.classes;
                    int origin = x.base[first];
                    // Borders out of reach make no difference: tiles between them are of one shape.
                    int lowest = shifts.stream().mapToInt(s -> s).min().orElse(0);
                    int highest = shifts.stream().mapToInt(s -> s).max().orElse(0) + (outputs - 1) * x.baseStep;
                    int low = Math.max(-origin, lowest);
                    int high = Math.min(x.src - origin, highest + 1);
                    return new Placed(new TileShape(outputs, x.baseStep, shifts, low, high, x.classes), first, origin);
                })
                .toList();
    }
}
