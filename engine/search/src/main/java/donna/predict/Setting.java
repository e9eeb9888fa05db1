package donna.predict;

import java.util.ArrayList;
import java.util.List;

/**
 * One way to fit.
 *
 * @param variant how NSRs enter
 * @param strength of the pull towards the common slope; infinite: nothing else
 */
record Setting(Variant variant, double strength) {
    /** Every setting of these variants: strengths fall from infinity to 1e-3 in half decades. */
    static List<Setting> all(List<Variant> variants) {
        List<Setting> out = new ArrayList<>();
        for (int k = -1; k <= 10; k++) {
            for (Variant v : variants) {
                out.add(new Setting(v, k < 0 ? Double.POSITIVE_INFINITY : Math.pow(10, 2 - 0.5 * k)));
            }
        }
        return List.copyOf(out);
    }
}
