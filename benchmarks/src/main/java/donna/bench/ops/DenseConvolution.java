package donna.bench.ops;

import donna.tensor.ConvGeometry;
import donna.testkit.OpCase;
import org.openjdk.jmh.annotations.Param;

/** How fast are the kxk convolutions of fused candidates, forward and backward? */
public class DenseConvolution extends OpState {
    private static final int BATCH = 64;

    @Param
    private Pass pass;

    /** {@code in->out@size}. */
    @Param({"16->64@28", "40->160@8"})
    private String shape;

    @Param({"3", "5"})
    private int kernel;

    @Override
    OpCase op() {
        return of(pass, shape, kernel);
    }

    /** The op of these parameters. */
    public static OpCase of(Pass pass, String shape, int kernel) {
        String[] numbers = shape.split("->|@");
        return pass.of(
                BATCH,
                Integer.parseInt(numbers[0]),
                Integer.parseInt(numbers[1]),
                Integer.parseInt(numbers[2]),
                kernel,
                ConvGeometry.same(kernel, 1, 1));
    }
}
