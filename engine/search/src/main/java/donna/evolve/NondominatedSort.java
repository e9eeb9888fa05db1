package donna.evolve;

import java.util.Arrays;

/**
 * Ranks points by dominance, all objectives minimised: rank 0 is dominated by nobody, rank r by somebody of rank
 * r - 1. Buffers are reused. One thread, except that {@link #columns} may be sorted by several.
 *
 * <p>Divide and conquer over the objectives (Jensen 2003; with ties as by Fortin, Grenier and Parizeau 2013; halving as
 * by Buzdalov and Shalyto, "A Provably Asymptotically Fast Version of the Generalized Jensen Algorithm for
 * Non-Dominated Sorting", PPSN 2014): O(N log N) for two objectives, O(N log^(M-1) N) beyond as long as a sweep has few
 * stairs. All comparisons are of places in the objectives' orders, and small parts are compared pair by pair.
 */
final class NondominatedSort {
    private static final int SMALL = 24;
    private static final int FEW_STAIRS = 8;

    private final int m;
    private final ColumnSort[] columns;
    private final int[] everyone;
    private final int[] rankOfPoint;
    private final int[] order;
    private final int[] other;
    private final int[] next;
    private final int[][] place;
    private final int[] rank;
    private final int[] stairPlace;
    private final int[] stairRank;
    private int stairs;
    private int[] arena;
    private int top;
    private int fronts;

    /**
     * @param capacity most points
     * @param m objectives per point
     */
    NondominatedSort(int capacity, int m) {
        this.m = m;
        columns = new ColumnSort[m];
        Arrays.setAll(columns, k -> new ColumnSort(capacity));
        everyone = new int[capacity];
        Arrays.setAll(everyone, i -> i);
        rankOfPoint = new int[capacity];
        order = new int[capacity];
        other = new int[capacity];
        next = new int[capacity];
        place = new int[Math.max(0, m - 1)][capacity];
        rank = new int[capacity];
        stairPlace = new int[capacity];
        stairRank = new int[capacity];
        arena = new int[m < 3 ? 0 : 3 * capacity];
    }

    /** Ranks the first {@code n} points of {@code f}, point i at {@code f[i * m]}. */
    void sort(double[] f, int n) {
        for (int k = 0; k < m; k++) {
            columns[k].sort(f, m, k, everyone, n);
        }
        rankSorted(n, n, n);
    }

    /** The order of the points by objective {@code k}, to be filled before {@link #rankSorted}. */
    ColumnSort columns(int k) {
        return columns[k];
    }

    /**
     * Ranks the {@code n} points whose columns are sorted, {@code wanted} of which matter: behind the fronts of those,
     * ranks may be smaller than they are.
     *
     * @param expected about how many fronts the wanted are in; it changes the time only
     */
    void rankSorted(int n, int wanted, int expected) {
        orderAll(n);
        if (m == 2) {
            int most = Math.max(1, expected);
            while (rankTwoGoals(n, most) < wanted) {
                most = 2 * most;
            }
            return;
        }
        int distinct = pack(n);
        Arrays.fill(rank, 0, distinct, 0);
        if (m == 1) {
            for (int i = 0; i < distinct; i++) {
                rank[i] = i;
            }
        } else {
            reserve(distinct);
            for (int i = 0; i < distinct; i++) {
                arena[i] = i;
            }
            top = distinct;
            among(0, distinct, m - 1);
        }
        fronts = 0;
        for (int i = 0; i < n; i++) {
            int r = rank[other[i]];
            rankOfPoint[order[i]] = r;
            fronts = Math.max(fronts, r + 1);
        }
    }

    /**
     * One sweep along the first objective: stair r is at the smallest place of the second that rank r has reached
     * (Fredman, "On Computing the Length of Longest Increasing Subsequences", 1975). How many points have a rank below
     * {@code most}, which the others get.
     */
    private int rankTwoGoals(int n, int most) {
        ColumnSort first = columns[0];
        ColumnSort second = columns[1];
        int placeBefore = -1;
        int firstBefore = -1;
        int r = 0;
        int ranked = 0;
        stairs = 0;
        for (int i = 0; i < n; i++) {
            int point = order[i];
            int p = second.below(point);
            if (p != placeBefore || first.below(point) != firstBefore) {
                r = stairs <= FEW_STAIRS ? fewStairsUpTo(p) : stairsUpTo(p);
                if (r < most) {
                    stairPlace[r] = p;
                    stairs = Math.max(stairs, r + 1);
                }
                placeBefore = p;
                firstBefore = first.below(point);
            }
            ranked += r < most ? 1 : 0;
            rankOfPoint[point] = r;
        }
        fronts = ranked < n ? stairs + 1 : stairs;
        return ranked;
    }

    private int fewStairsUpTo(int p) {
        int below = 0;
        for (int s = 0; s < stairs; s++) {
            below += stairPlace[s] <= p ? 1 : 0;
        }
        return below;
    }

    /** Number of fronts of the last sort. */
    int fronts() {
        return fronts;
    }

    /** Front of point {@code i}. */
    int rank(int i) {
        return rankOfPoint[i];
    }

    /** Lexicographic order: that of the first objective, whose ties, if short, are put in order one by one. */
    private void orderAll(int n) {
        int from = 0;
        for (int i = 0; i < n; i++) {
            int point = columns[0].at(i);
            order[i] = point;
            if (columns[0].below(point) != from) {
                from = i;
            } else if (i - from > SMALL) {
                orderByCounting(n);
                return;
            }
            for (int j = i; j > from && isBehind(order[j - 1], point); j--) {
                order[j] = order[j - 1];
                order[j - 1] = point;
            }
        }
    }

    private boolean isBehind(int a, int b) {
        for (int k = 1; k < m; k++) {
            int difference = columns[k].below(a) - columns[k].below(b);
            if (difference != 0) {
                return difference > 0;
            }
        }
        return false;
    }

    /** The order of the last objective, put in the order of those before it by stable counting. */
    private void orderByCounting(int n) {
        for (int i = 0; i < n; i++) {
            order[i] = columns[m - 1].at(i);
        }
        for (int k = m - 2; k >= 0; k--) {
            for (int i = 0; i < n; i++) {
                next[i] = i;
            }
            for (int i = 0; i < n; i++) {
                other[next[columns[k].below(order[i])]++] = order[i];
            }
            System.arraycopy(other, 0, order, 0, n);
        }
    }

    /**
     * Numbers the distinct points in lexicographic order: {@code other[i]} is the number of {@code order[i]}, {@code
     * place[k - 1]} holds objective k by number. How many they are.
     */
    private int pack(int n) {
        int distinct = 0;
        for (int i = 0; i < n; i++) {
            boolean same = i > 0;
            for (int k = 0; k < m && same; k++) {
                same = columns[k].below(order[i]) == columns[k].below(order[i - 1]);
            }
            if (!same) {
                for (int k = 1; k < m; k++) {
                    place[k - 1][distinct] = columns[k].below(order[i]);
                }
                distinct++;
            }
            other[i] = distinct - 1;
        }
        return distinct;
    }

    private void reserve(int size) {
        if (size > arena.length) {
            arena = Arrays.copyOf(arena, Math.max(size, arena.length + (arena.length >> 1)));
        }
    }

    /** Ranks arena[from, to) by those before them; the points are equal in, or ordered by, objectives beyond k. */
    private void among(int from, int to, int k) {
        if (to - from <= SMALL) {
            for (int i = from + 1; i < to; i++) {
                for (int j = from; j < i; j++) {
                    follow(arena[j], arena[i]);
                }
            }
            return;
        }
        if (k == 1) {
            stairs = 0;
            for (int i = from; i < to; i++) {
                climb(arena[i]);
            }
            return;
        }
        int[] by = place[k - 1];
        int least = Integer.MAX_VALUE;
        int most = -1;
        for (int i = from; i < to; i++) {
            int p = by[arena[i]];
            least = Math.min(least, p);
            most = Math.max(most, p);
        }
        if (least == most) {
            among(from, to, k - 1);
            return;
        }
        int low = top;
        int high = divide(from, to, by, (least + most) >>> 1);
        int end = top;
        among(low, high, k);
        between(low, high, high, end, k - 1);
        among(high, end, k);
        top = low;
    }

    /**
     * Raises arena[hf, ht) above those of arena[lf, lt) that dominate them. The latter's ranks are final, and they are
     * no worse in the objectives beyond k.
     */
    private void between(int lf, int lt, int hf, int ht, int k) {
        if (lf == lt || hf == ht) {
            return;
        }
        if ((long) (lt - lf) * (ht - hf) <= SMALL * SMALL) {
            for (int i = hf; i < ht; i++) {
                for (int j = lf; j < lt && arena[j] < arena[i]; j++) {
                    follow(arena[j], arena[i]);
                }
            }
            return;
        }
        if (k == 1) {
            sweep(lf, lt, hf, ht);
            return;
        }
        int[] by = place[k - 1];
        int leastLow = Integer.MAX_VALUE;
        int mostLow = -1;
        for (int i = lf; i < lt; i++) {
            int p = by[arena[i]];
            leastLow = Math.min(leastLow, p);
            mostLow = Math.max(mostLow, p);
        }
        int leastHigh = Integer.MAX_VALUE;
        int mostHigh = -1;
        for (int i = hf; i < ht; i++) {
            int p = by[arena[i]];
            leastHigh = Math.min(leastHigh, p);
            mostHigh = Math.max(mostHigh, p);
        }
        if (mostLow <= leastHigh) {
            between(lf, lt, hf, ht, k - 1);
        } else if (leastLow <= mostHigh) {
            int limit = (Math.min(leastLow, leastHigh) + Math.max(mostLow, mostHigh)) >>> 1;
            int low1 = top;
            int low2 = divide(lf, lt, by, limit);
            int high1 = top;
            int high2 = divide(hf, ht, by, limit);
            int end = top;
            between(low1, low2, high1, high2, k);
            between(low1, low2, high2, end, k - 1);
            between(low2, high1, high2, end, k);
            top = low1;
        }
    }

    /** Copies arena[from, to) to the top, those at most {@code limit} first, in order; where the others begin. */
    private int divide(int from, int to, int[] by, int limit) {
        reserve(top + to - from);
        int low = top;
        int later = 0;
        for (int i = from; i < to; i++) {
            int point = arena[i];
            if (by[point] <= limit) {
                arena[low++] = point;
            } else {
                stairPlace[later++] = point;
            }
        }
        System.arraycopy(stairPlace, 0, arena, low, later);
        top += to - from;
        return low;
    }

    private void sweep(int lf, int lt, int hf, int ht) {
        stairs = 0;
        int low = lf;
        for (int i = hf; i < ht; i++) {
            int point = arena[i];
            while (low < lt && arena[low] < point) {
                int passed = arena[low++];
                addStair(passed, stairsUpTo(place[0][passed]));
            }
            int below = stairsUpTo(place[0][point]);
            if (below > 0) {
                rank[point] = Math.max(rank[point], stairRank[below - 1] + 1);
            }
        }
    }

    /** Ranks a point by those swept before it, which are no worse in the first objective, and sweeps on. */
    private void climb(int point) {
        int below = stairsUpTo(place[0][point]);
        if (below > 0) {
            rank[point] = Math.max(rank[point], stairRank[below - 1] + 1);
        }
        addStair(point, below);
    }

    /**
     * Stairs rise in place and in rank: each is the smallest place from which on its rank is met. {@code below} of them
     * are at places up to the point's.
     */
    private void addStair(int point, int below) {
        int p = place[0][point];
        int r = rank[point];
        int at = below;
        if (at > 0 && stairRank[at - 1] >= r) {
            return;
        }
        if (at > 0 && stairPlace[at - 1] == p) {
            at--;
        }
        int end = at;
        while (end < stairs && stairRank[end] <= r) {
            end++;
        }
        if (end != at + 1) {
            System.arraycopy(stairPlace, end, stairPlace, at + 1, stairs - end);
            System.arraycopy(stairRank, end, stairRank, at + 1, stairs - end);
            stairs += at + 1 - end;
        }
        stairPlace[at] = p;
        stairRank[at] = r;
    }

    /** How many stairs are at places up to {@code p}; without branches that cannot be predicted. */
    private int stairsUpTo(int p) {
        int base = 0;
        int n = stairs;
        while (n > 1) {
            int half = n >>> 1;
            base = stairPlace[base + half - 1] <= p ? base + half : base;
            n -= half;
        }
        return n == 1 && stairPlace[base] <= p ? base + 1 : base;
    }

    /** Puts {@code b}, which comes later in lexicographic order, a rank behind {@code a} where that dominates it. */
    private void follow(int a, int b) {
        if (rank[a] < rank[b]) {
            return;
        }
        for (int[] by : place) {
            if (by[a] > by[b]) {
                return;
            }
        }
        rank[b] = rank[a] + 1;
    }
}
