package donna.predict;

import java.util.ArrayList;
import java.util.List;

/**
 * One way to fit.
 *
 * @param variant how NSR enters
 * @param strength of the pull towards the plain sum; infinite: nothing else
 */
record Setting(Variant variant, double strength) {
    /**
     * Every setting, simplest first: strengths fall from infinity to 1e-3 in half decades, at each the variants in
     * their order.
     */
    static final List<Setting> ALL = all();

    private static List<Setting> all() {
        List<Setting> out = new ArrayList<>();
        for (int k = -1; k <= 10; k++) {
            for (Variant v : Variant.values()) {
                out.add(new Setting(v, k < 0 ? Double.POSITIVE_INFINITY : Math.pow(10, 2 - 0.5 * k)));
            }
        }
        return List.copyOf(out);
    }
}
