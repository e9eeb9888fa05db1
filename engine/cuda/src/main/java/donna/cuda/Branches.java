package donna.cuda;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Packed sections that need not wait for each other, shared out over branches that run side by side: the costliest first, each to the branch with the least to
 * do. Sections of one branch run one after another in the same scratch memory; every branch has its own.
 */
final class Branches {
    /** More branches than this take memory and no time off. */
    private static final int MOST = 8;

    private final List<List<Section>> branches = new ArrayList<>();

    /** @param scratchLimit bytes of scratch memory of all branches together, unless one branch alone needs more */
    Branches(List<Section> sections, long scratchLimit) {
        List<Section> costliest = new ArrayList<>(sections);
        costliest.sort(Comparator.comparingLong(Section::traffic).reversed());
        int count = Math.min(MOST, sections.size());
        share(costliest, count);
        while (count > 1 && scratchBytes() > scratchLimit) {
            share(costliest, --count);
        }
    }

    private void share(List<Section> costliest, int count) {
        branches.clear();
        for (int i = 0; i < count; i++) {
            branches.add(new ArrayList<>());
        }
        long[] traffic = new long[count];
        for (Section s : costliest) {
            int least = 0;
            for (int i = 1; i < count; i++) {
                least = traffic[i] < traffic[least] ? i : least;
            }
            branches.get(least).add(s);
            traffic[least] += s.traffic();
        }
    }

    private static long bytes(List<Section> branch) {
        return branch.stream().mapToLong(Section::scratchBytes).max().orElse(0);
    }

    private long scratchBytes() {
        return branches.stream().mapToLong(Branches::bytes).sum();
    }

    /** Gives every branch its range of scratch memory, the first at {@code base}, and returns where the last one ends. */
    long place(long base) {
        long at = base;
        for (List<Section> branch : branches) {
            for (Section s : branch) {
                s.shift(at);
            }
            at += bytes(branch);
        }
        return at;
    }

    /** The steps of each branch. */
    List<List<GpuPlan.Line>> lines() {
        return branches.stream().map(b -> b.stream().flatMap(s -> s.lines().stream()).toList()).toList();
    }
}
