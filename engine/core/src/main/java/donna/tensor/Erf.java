package donna.tensor;

/** The error function. Source: Abramowitz and Stegun 7.1.6 (series) and 7.1.14 (continued fraction). */
final class Erf {
    private Erf() {}

    /** erf(x), relative error below 1e-14. */
    static double erf(double x) {
        double a = Math.abs(x);
        if (a < 2.5) {
            double term = a;
            double sum = a;
            for (int n = 1; n < 200 && Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
                term *= 2 * a * a / (2 * n + 1);
                sum += term;
            }
            return Math.signum(x) * 2 / Math.sqrt(Math.PI) * Math.exp(-a * a) * sum;
        }
        if (a > 6) {
            return Math.signum(x);
        }
        double f = 0;
        for (int n = 60; n > 0; n--) {
            f = n / 2.0 / (a + f);
        }
        return Math.signum(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + f));
    }
}
