package donna.cpu;

import donna.backend.Plan;
import donna.backend.Stream;

/** A plan that can say where its time goes. Plans of this backend are all of this kind. */
public interface ProfiledPlan extends Plan {
    /**
     * Runs the plan {@code runs} times with a clock around each step, and takes each step's fastest run.
     *
     * @return a table of microseconds by kind of step and implementation, the slowest first
     */
    String profile(Stream stream, int runs);
}
