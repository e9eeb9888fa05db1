package donna.evolve;

/**
 * Deals the survivors of all islands out anew: each island gets those of one range of an objective, and so a part of
 * the front to search (divided range genetic algorithm: Hiroyasu, Miki, Watanabe, "The New Model of Parallel Genetic
 * Algorithm in Multi-Objective Optimization Problems", CEC 2000). Those that break constraints are dealt out evenly.
 * Allocates nothing.
 */
final class DividedRange {
    private final Population[] islands;
    private final int room;
    private final double[] values;

    /** Survivors of all islands, as island * room + individual: the feasible, then the others. */
    private final int[] places;

    private final ColumnSort order;
    private final int[] end;
    private int feasible;
    private int all;

    /** @param islands the first of which has the most room */
    DividedRange(Population[] islands) {
        this.islands = islands;
        // One island alone gets nothing.
        room = islands.length == 1 ? 0 : islands[0].capacity;
        values = new double[islands.length * room];
        places = new int[values.length];
        order = new ColumnSort(values.length);
        end = new int[islands.length];
    }

    /**
     * Puts all survivors in order of an objective; one thread. Every second objective falls: where there are two, which
     * trade off, most survivors then stay on their island, and in its thread's cache.
     */
    void divide(int objective) {
        all = 0;
        list(true, objective);
        feasible = all;
        list(false, objective);
        order.sort(values, 1, 0, places, feasible);
    }

    private void list(boolean isFeasible, int objective) {
        double sign = objective % 2 == 0 ? 1 : -1;
        for (int k = 0; k < islands.length; k++) {
            Population p = islands[k];
            for (int i = 0; i < p.size; i++) {
                if (p.violation[i] == 0 == isFeasible) {
                    values[k * room + i] = sign * p.values[i * p.goals + objective];
                    places[all++] = k * room + i;
                }
            }
        }
    }

    /**
     * Copies its share to island {@code k}, behind the survivors, who may be copied by others at the same time. Of
     * individuals with equal genes it gets one.
     */
    void send(int k) {
        int from = Shares.start(feasible, k, islands.length);
        int to = Shares.start(feasible, k + 1, islands.length);
        islands[k].index().clear();
        end[k] = islands[k].size;
        for (int i = from; i < to; i++) {
            send(places[order.at(i)], k);
        }
        int othersFrom = feasible - from + Shares.start(all, k, islands.length);
        int othersTo = feasible - to + Shares.start(all, k + 1, islands.length);
        for (int i = othersFrom; i < othersTo; i++) {
            send(places[i], k);
        }
    }

    private void send(int place, int k) {
        end[k] += islands[k].receive(islands[place / room], place % room, end[k]) ? 1 : 0;
    }

    /** Lets what island {@code k} got take the place of its survivors, after all have been sent. */
    void settle(int k) {
        islands[k].select(islands[k].size, end[k]);
    }
}
