package donna.bench.ops;

import donna.tensor.ConvGeometry;
import donna.testkit.OpCase;
import org.openjdk.jmh.annotations.Param;

/** How fast are depthwise convolutions, {@code [64, 240, 8, 8]}, forward and backward? */
public class DepthwiseConvolution extends OpState {
    private static final int BATCH = 64;
    private static final int CHANNELS = 240;
    private static final int SIZE = 8;

    @Param
    private Pass pass;

    @Param({"3", "5", "7"})
    private int kernel;

    @Override
    OpCase op() {
        return of(pass, kernel);
    }

    /** The op of these parameters. */
    public static OpCase of(Pass pass, int kernel) {
        return pass.of(BATCH, CHANNELS, CHANNELS, SIZE, kernel, ConvGeometry.same(kernel, 1, CHANNELS));
    }
}
