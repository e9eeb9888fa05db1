package donna.cuda;

import donna.tensor.DonnaException;
import donna.tensor.Layout;
import donna.tensor.Shape;

/** How a value's elements follow each other. What has one channel or one pixel is the same in both orders, and counts as row-major. */
enum Order {
    ROW_MAJOR,
    /** {@code [N, H, W, C]} of an image {@code [N, C, H, W]}. */
    CHANNELS_LAST;

    /** This order for a value of {@code shape}. */
    Order of(Shape shape) {
        boolean image = shape.rank() == 4 && shape.dim(1) > 1 && (long) shape.dim(2) * shape.dim(3) > 1;
        return image ? this : ROW_MAJOR;
    }

    static Order of(String name, Layout layout, Shape shape) {
        if (layout.equals(Layout.PLAIN)) {
            return ROW_MAJOR;
        }
        if (layout.equals(Layout.CHANNELS_LAST)) {
            return CHANNELS_LAST.of(shape);
        }
        throw new DonnaException.InvalidInput(
                "cuda: '" + name + "' is laid out " + layout + "; this backend takes row-major tensors and images with the channels last");
    }

    /** Elements from one to the next in each dimension of {@code shape}. */
    int[] strides(Shape shape) {
        int[] strides = new int[shape.rank()];
        if (of(shape) == CHANNELS_LAST) {
            int c = shape.dim(1);
            return new int[] {shape.dim(2) * shape.dim(3) * c, 1, shape.dim(3) * c, c};
        }
        int each = 1;
        for (int i = strides.length - 1; i >= 0; i--) {
            strides[i] = each;
            each = Math.multiplyExact(each, shape.dim(i));
        }
        return strides;
    }
}
