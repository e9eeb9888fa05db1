package donna.bench.ops;

import donna.tensor.ConvGeometry;
import donna.testkit.OpCase;
import org.openjdk.jmh.annotations.Param;

/** How fast are the 1x1 convolutions of a candidate, forward and backward? */
public class PointwiseConvolution extends OpState {
    private static final int BATCH = 64;

    @Param
    private Pass pass;

    /** {@code in->out@size}: an expansion and a projection. */
    @Param({"24->144@16", "240->40@8"})
    private String shape;

    @Override
    OpCase op() {
        return of(pass, shape);
    }

    /** The op of these parameters. */
    public static OpCase of(Pass pass, String shape) {
        String[] numbers = shape.split("->|@");
        return pass.of(
                BATCH,
                Integer.parseInt(numbers[0]),
                Integer.parseInt(numbers[1]),
                Integer.parseInt(numbers[2]),
                1,
                ConvGeometry.POINTWISE);
    }
}
