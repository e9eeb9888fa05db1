package donna.ffi;

/** What a primitive does to its result before it stores it. */
public sealed interface PostOp {
    /** An elementwise function with oneDNN's parameters alpha and beta. */
    record Eltwise(Function function, float alpha, float beta) implements PostOp {}

    /** Adds a tensor of the result's shape: one more argument, {@link Dnnl#postOpArgument}. */
    record Add(MemoryDesc tensor) implements PostOp {}

    /** Elementwise functions, with the number the library gives them ({@code dnnl_alg_kind_t}). */
    enum Function {
        /** max(x, 0). */
        RELU(0x20),
        /** max(0, min(1, alpha x + beta)). */
        HARDSIGMOID(0x28),
        /** 1 / (1 + exp(-x)). */
        LOGISTIC(0x29),
        /** x / (1 + exp(-alpha x)). */
        SWISH(0x2c),
        /** min(max(x, alpha), beta). */
        CLIP(0x2e),
        /** x Phi(x). */
        GELU_ERF(0x31),
        /** x max(0, min(1, alpha x + beta)). */
        HARDSWISH(0x34);

        final int code;

        Function(int code) {
            this.code = code;
        }
    }
}
