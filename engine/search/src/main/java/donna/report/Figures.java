package donna.report;

import java.util.Locale;

/** Numbers as people read them. */
final class Figures {
    private Figures() {}

    /** A share of 1 as percent. */
    static String percent(double share) {
        return String.format(Locale.ROOT, "%.2f %%", 100 * share);
    }

    /** Difference of two shares of 1 in percentage points. */
    static String points(double difference) {
        return String.format(Locale.ROOT, "%+.2f", 100 * difference);
    }

    static String milliseconds(double ms) {
        return digits(ms) + " ms";
    }

    static String seconds(double s) {
        long whole = Math.round(s);
        return whole < 120 ? digits(s) + " s" : String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60);
    }

    /** A ratio such as {@code 2.2×}. */
    static String times(double ratio) {
        return String.format(Locale.ROOT, "%.2f×", ratio);
    }

    static String tau(double tau) {
        return String.format(Locale.ROOT, "%.2f", tau);
    }

    /** Large counts: {@code 9.83 M}. */
    static String count(double n) {
        return n < 1e3 ? digits(n) : n < 1e6 ? digits(n / 1e3) + " k" : n < 1e9 ? digits(n / 1e6) + " M" : digits(n / 1e9) + " G";
    }

    static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%,d MiB", bytes >> 20);
    }

    static String scientific(double x) {
        return String.format(Locale.ROOT, "%.1e", x);
    }

    /** Three digits that matter. */
    static String digits(double x) {
        double a = Math.abs(x);
        int decimals = a >= 100 || x == Math.rint(x) && a >= 10 ? 0 : a >= 10 ? 1 : a >= 1 ? 2 : 3;
        return String.format(Locale.ROOT, "%." + decimals + "f", x);
    }
}
