package donna.run;

import java.util.Locale;

/** The steps of {@link Search}'s line, in order. */
public enum Stage {
    TEACHER,
    LIBRARY,
    PREDICTOR,
    LATENCY,
    FRONT,
    MODELS,
    COMPARISONS,
    REPORT;

    /** As it stands in the summary's seconds. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
