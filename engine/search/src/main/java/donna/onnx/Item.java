package donna.onnx;

import donna.graph.Value;

/** What a name of an ONNX file stands for while its nodes are written into a graph. */
sealed interface Item {
    /**
     * Numbers known beforehand.
     *
     * @param name of the parameter that it becomes where features meet it
     * @param trainable whether it comes from a stored tensor, and not from the graph's own constants
     */
    record Known(Constant value, String name, boolean trainable) implements Item {
        /** Whether it may be written as one number everywhere: what is trained keeps an element each. */
        boolean isNumber() {
            return value.size() == 1 || !trainable && value.isUniform();
        }
    }

    /** Features, which depend on the images. */
    record Live(Value value) implements Item {}

    /** The dimensions as ONNX sees them. */
    default int[] dims() {
        return switch (this) {
            case Known k -> k.value().dims();
            case Live l -> l.value().shape().dims();
        };
    }
}
