package donna.cuda;

import donna.graph.Node;
import donna.graph.Op;
import donna.graph.Value;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Storage;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Ops that move elements: each is a copy of boxes between strided places. */
final class ShapeLowering {
    private static final int MOST_DIMENSIONS = 6;
    private final PlanBuilder b;

    ShapeLowering(PlanBuilder b) {
        this.b = b;
    }

    void reshape(Node n) {
        b.reshaped(n.output(0), n.input(0));
    }

    void transpose(Node n, Op.Transpose o) {
        Shape dst = n.output(0).shape();
        Slot src = b.origin(n.input(0));
        int[] from = src.order().strides(n.input(0).shape());
        int[] permuted = new int[from.length];
        for (int i = 0; i < permuted.length; i++) {
            permuted[i] = from[o.permutation().get(i)];
        }
        copy(n, dst, src, 0, permuted, b.define(n.output(0), Order.ROW_MAJOR, src.storage()), 0, Order.ROW_MAJOR.strides(dst));
    }

    void slice(Node n, Op.Slice o) {
        Slot src = b.origin(n.input(0));
        int[] strides = src.order().strides(n.input(0).shape());
        Slot dst = b.define(n.output(0), src.order(), src.storage());
        copy(n, o.shape(), src, offset(o.start(), strides), times(strides, o.step()), dst, 0, dst.order().strides(o.shape()));
    }

    void pad(Node n, Op.Pad o) {
        Slot src = b.origin(n.input(0));
        Slot dst = b.define(n.output(0), src.order(), src.storage());
        int[] strides = dst.order().strides(o.shape());
        b.kernel(Kernel.FILL, Launch.eights(dst.count()), dst, 0f, dst.count());
        Shape box = n.input(0).shape();
        copy(n, box, src, 0, src.order().strides(box), dst, offset(o.start(), strides), times(strides, o.step()));
    }

    void concat(Node n, Op.Concat o) {
        Shape all = n.output(0).shape();
        Storage storage = b.storage(n.inputs().toArray(Value[]::new));
        Slot dst = b.define(n.output(0), b.origin(n.input(0)).order(), storage);
        int[] strides = dst.order().strides(all);
        int at = 0;
        for (int i = 0; i < n.inputs().size(); i++) {
            Shape part = n.input(i).shape();
            Slot src = b.in(n.input(i), b.origin(n.input(i)).order(), storage);
            copy(n, part, src, 0, src.order().strides(part), dst, (long) at * strides[o.axis()], strides);
            at += part.dim(o.axis());
        }
    }

    private static long offset(List<Integer> start, int[] strides) {
        long offset = 0;
        for (int i = 0; i < strides.length; i++) {
            offset += (long) start.get(i) * strides[i];
        }
        return offset;
    }

    private static int[] times(int[] strides, List<Integer> steps) {
        int[] product = strides.clone();
        for (int i = 0; i < product.length; i++) {
            product[i] *= steps.get(i);
        }
        return product;
    }

    private void copy(Node n, Shape box, Slot src, long srcOffset, int[] srcStrides, Slot dst, long dstOffset, int[] dstStrides) {
        if (box.rank() > MOST_DIMENSIONS) {
            throw new DonnaException.InvalidInput("cuda: " + n.op().getClass().getSimpleName() + " '" + n.name() + "' of " + box + " has " + box.rank()
                    + " dimensions; this backend moves at most " + MOST_DIMENSIONS + "; reshape it first");
        }
        List<Object> arguments = new ArrayList<>(List.of(src, dst));
        addSix(arguments, box.dims(), 1);
        arguments.remove(2);
        addSix(arguments, srcStrides, 0);
        addSix(arguments, dstStrides, 0);
        arguments.addAll(List.of(Math.toIntExact(srcOffset), Math.toIntExact(dstOffset), Math.toIntExact(box.elements())));
        b.kernel(Kernel.COPY_BOX, Launch.elements(box.elements()), arguments.toArray());
    }

    /** Six numbers that end with {@code values}; {@code missing} are those in front. */
    private static void addSix(List<Object> arguments, int[] values, int missing) {
        for (int i = 0; i < MOST_DIMENSIONS; i++) {
            int at = i - (MOST_DIMENSIONS - values.length);
            arguments.add(at < 0 ? missing : values[at]);
        }
    }
}
