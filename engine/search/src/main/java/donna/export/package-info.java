/**
 * Models for other runtimes. {@link donna.export.OnnxExport} writes an inference graph as ONNX (opset 17), {@link
 * donna.export.OnnxCheck} runs the written file in ONNX Runtime and compares.
 */
package donna.export;
