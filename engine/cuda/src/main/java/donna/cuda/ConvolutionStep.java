package donna.cuda;

import donna.ffi.ConvolutionPlan;
import donna.ffi.CudaStream;
import java.util.List;

/** A convolution by cuDNN, whose plan it owns; its slots are what the plan takes, the result and, if it has one, its workspace. */
final class ConvolutionStep implements Step {
    private final ConvolutionPlan plan;
    private final List<Slot> slots;
    private final long[] at = new long[4];

    ConvolutionStep(ConvolutionPlan plan, List<Slot> slots) {
        this.plan = plan;
        this.slots = List.copyOf(slots);
    }

    @Override
    public List<Slot> slots() {
        return slots;
    }

    @Override
    public String implementation() {
        return "cudnn " + plan.engine();
    }

    @Override
    public long operandBytes() {
        return slots().stream().limit(3).mapToLong(Slot::bytes).sum();
    }

    @Override
    public void moved(long[] addresses) {
        System.arraycopy(addresses, 0, at, 0, addresses.length);
    }

    @Override
    public void run(CudaStream stream) {
        plan.run(stream, at[0], at[1], at[2], at[3]);
    }

    @Override
    public void close() {
        plan.close();
    }
}
