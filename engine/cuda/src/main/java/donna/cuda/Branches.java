package donna.cuda;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Packed sections that need not wait for each other, shared out over branches that run side by side. Sections of one branch run one after another in the same
 * scratch memory; every branch has its own. Where memory is plenty the costliest section goes first, each to the branch with the least to do; otherwise
 * sections that need about as much memory share a branch.
 */
final class Branches {
    /** Names the number of branches, if another than {@value #USUAL} is wanted. */
    static final String PROPERTY = "donna.cuda.branches";

    private static final int USUAL = 16;

    private List<List<Section>> branches;

    /** @param scratchLimit bytes of scratch memory of all branches together, unless one branch alone needs more */
    Branches(List<Section> sections, long scratchLimit) {
        int count = Math.clamp(Integer.getInteger(PROPERTY, USUAL), 1, sections.size());
        branches = balanced(sections, count);
        for (; count > 0 && scratchBytes() > scratchLimit; count--) {
            branches = alike(sections, count);
        }
    }

    private static List<Section> sorted(List<Section> sections, Comparator<Section> least) {
        return sections.stream().sorted(least.reversed()).toList();
    }

    private static List<List<Section>> balanced(List<Section> sections, int count) {
        List<List<Section>> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(new ArrayList<>());
        }
        long[] traffic = new long[count];
        for (Section s : sorted(sections, Comparator.comparingLong(Section::traffic))) {
            int least = 0;
            for (int i = 1; i < count; i++) {
                least = traffic[i] < traffic[least] ? i : least;
            }
            all.get(least).add(s);
            traffic[least] += s.traffic();
        }
        return all;
    }

    /** Each branch takes the next largest sections until it has its share of what is left to do. */
    private static List<List<Section>> alike(List<Section> sections, int count) {
        List<List<Section>> all = new ArrayList<>();
        long left = sections.stream().mapToLong(Section::traffic).sum();
        long taken = 0;
        List<Section> branch = new ArrayList<>();
        for (Section s : sorted(sections, Comparator.comparingLong(Section::scratchBytes))) {
            branch.add(s);
            taken += s.traffic();
            if (taken >= left / (count - all.size())) {
                all.add(branch);
                branch = new ArrayList<>();
                left -= taken;
                taken = 0;
            }
        }
        return all;
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
