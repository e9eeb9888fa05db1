/**
 * Reads ONNX files as networks; {@code donna.export} writes them. A file is never run: its nodes are written into a
 * graph of this engine's ops, so that what comes in can be trained on, cut into blocks and exported again.
 *
 * <p>{@link donna.onnx.ImportedModel} is all that others see. Inside, {@code OnnxFile} checks the file, {@code Program}
 * folds constants and puts layers together that a tool has written out ({@code Patterns}, {@code Fusion}), and {@code
 * Lowering} writes the steps for the batch at hand. Shapes that a file works out from its input are worked out then,
 * so that a batch left open stays open.
 */
package donna.onnx;
