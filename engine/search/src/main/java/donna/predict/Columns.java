package donna.predict;

import java.util.ArrayList;
import java.util.List;

/**
 * What a regression must know of its columns besides their values.
 *
 * @param list in order
 */
record Columns(List<Column> list) {
    /**
     * One column.
     *
     * @param spread what a unit of its weight typically moves the prediction by: deviations of weights are measured in
     *     it
     * @param pulled whether its weight is drawn to the slope that all such columns share, or else to zero
     * @param rising whether accuracy can only rise with it
     */
    record Column(double spread, boolean pulled, boolean rising) {}

    Columns {
        list = List.copyOf(list);
    }

    int count() {
        return list.size();
    }

    Column at(int t) {
        return list.get(t);
    }

    /** Whether any column is drawn to the common slope. */
    boolean hasCommonSlope() {
        return list.stream().anyMatch(Column::pulled);
    }

    /** The same with weights that are all drawn to zero. */
    Columns unpulled() {
        return new Columns(list.stream()
                .map(c -> new Column(c.spread(), false, c.rising()))
                .toList());
    }

    Columns and(Columns more) {
        List<Column> all = new ArrayList<>(list);
        all.addAll(more.list);
        return new Columns(all);
    }
}
