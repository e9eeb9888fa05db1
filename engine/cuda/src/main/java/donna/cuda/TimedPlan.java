package donna.cuda;

import donna.backend.Plan;
import donna.backend.Stream;
import java.util.List;

/** A plan that can say how long each of its steps takes on the card. Plans of this backend are all of this kind. */
public interface TimedPlan extends Plan {
    /**
     * One step.
     *
     * @param node that it belongs to
     * @param kind of the node's op
     * @param implementation the kernel or the library's function
     * @param microseconds the median
     * @param bytes of all its operands, workspace apart, each counted once
     * @param flops of a matrix product; 0 for what does little but move memory
     * @param sizes rows, columns and the length of the sums of a matrix product; empty for all else
     */
    record StepTime(String node, String kind, String implementation, double microseconds, long bytes, double flops, String sizes) {}

    /** Runs the plan {@code runs} times with its steps one after another, and measures each on the card; variables change as by as many runs and more. */
    List<StepTime> times(Stream stream, int runs);
}
