package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.L;

import java.lang.foreign.MemorySegment;

/**
 * Conversions between the plain and the blocked order of {@code [N, C, H, W]}. Source and destination must not overlap.
 */
public final class Reorder {
    private Reorder() {}

    /** Missing channels become zero. */
    public static void toBlocked(MemorySegment plain, MemorySegment blocked, int n, int c, int h, int w) {
        int pixels = h * w;
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                long from = ((long) i * c + (long) b * L) * pixels;
                long to = ((long) i * Lanes.blocks(c) + b) * pixels * L;
                interleave(plain, from, Math.min(L, c - b * L), pixels, blocked, to);
            }
        }
    }

    public static void toPlain(MemorySegment blocked, MemorySegment plain, int n, int c, int h, int w) {
        int pixels = h * w;
        for (int i = 0; i < n; i++) {
            for (int b = 0; b < Lanes.blocks(c); b++) {
                long from = ((long) i * Lanes.blocks(c) + b) * pixels * L;
                long to = ((long) i * c + (long) b * L) * pixels;
                separate(blocked, from, Math.min(L, c - b * L), pixels, plain, to);
            }
        }
    }

    private static void interleave(
            MemorySegment plain, long from, int channels, int pixels, MemorySegment blocked, long to) {
        for (int p = 0; p < pixels; p++) {
            for (int lane = 0; lane < channels; lane++) {
                Lanes.set(blocked, to + (long) p * L + lane, Lanes.get(plain, from + (long) lane * pixels + p));
            }
            for (int lane = channels; lane < L; lane++) {
                Lanes.set(blocked, to + (long) p * L + lane, 0);
            }
        }
    }

    private static void separate(
            MemorySegment blocked, long from, int channels, int pixels, MemorySegment plain, long to) {
        for (int lane = 0; lane < channels; lane++) {
            for (int p = 0; p < pixels; p++) {
                Lanes.set(plain, to + (long) lane * pixels + p, Lanes.get(blocked, from + (long) p * L + lane));
            }
        }
    }
}
