/**
 * Models for other programs. {@link donna.export.ModelExport} writes a trained classifier as ONNX (opset 17) and as
 * safetensors, with labels and preprocessing inside, and checks the ONNX file in ONNX Runtime at once; {@link
 * donna.export.OnnxExport} writes any inference graph.
 */
package donna.export;
