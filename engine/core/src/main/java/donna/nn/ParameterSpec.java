package donna.nn;

import donna.tensor.Shape;
import donna.tensor.TensorSpec;

/**
 * A named tensor of a network.
 *
 * @param name as in the saved file, such as {@code blocks.0.1.conv_dw.weight}
 * @param shape its shape; stored row-major in single precision
 * @param init starting values
 * @param trainable false for running statistics
 * @param decay whether weight decay applies: weights of convolutions and linear layers only
 */
public record ParameterSpec(String name, Shape shape, Init init, boolean trainable, boolean decay) {
    public TensorSpec tensor() {
        return TensorSpec.f32(shape.dims());
    }
}
