package donna.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that cannot be read: each is refused in one sentence that names the place. */
class OnnxMistakesTest {
    @TempDir
    Path dir;

    private static ValueInfoProto image(String name, long... dims) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (long d : dims) {
            shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(d));
        }
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(TypeProto.Tensor.newBuilder().setElemType(1).setShape(shape)))
                .build();
    }

    private static NodeProto.Builder node(String op, String name, String output, String... inputs) {
        return NodeProto.newBuilder().setOpType(op).setName(name).addOutput(output).addAllInput(List.of(inputs));
    }

    private static AttributeProto ints(String name, long... values) {
        AttributeProto.Builder a = AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        for (long v : values) {
            a.addInts(v);
        }
        return a.build();
    }

    private static TensorProto.Builder tensor(String name, int count, long... dims) {
        TensorProto.Builder t = TensorProto.newBuilder().setName(name).setDataType(1).setRawData(ByteString.copyFrom(new byte[4 * count]));
        for (long d : dims) {
            t.addDims(d);
        }
        return t;
    }

    /** A convolution to three channels, a mean over pixels: logits {@code [1, 3]}. */
    private static GraphProto.Builder graph() {
        return GraphProto.newBuilder()
                .addInput(image("x", 1, 2, 4, 4))
                .addOutput(image("logits", 1, 3))
                .addInitializer(tensor("w", 3 * 2 * 9, 3, 2, 3, 3))
                .addNode(node("Conv", "c", "y", "x", "w").addAttribute(ints("pads", 1, 1, 1, 1)))
                .addNode(node("ReduceMean", "m", "logits", "y").addAttribute(ints("axes", 2, 3))
                        .addAttribute(AttributeProto.newBuilder().setName("keepdims").setType(AttributeProto.AttributeType.INT).setI(0)));
    }

    private Path write(int opset, GraphProto.Builder graph) {
        try {
            ModelProto model = ModelProto.newBuilder()
                    .setIrVersion(8)
                    .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
                    .setGraph(graph)
                    .build();
            return Files.write(dir.resolve("m.onnx"), model.toByteArray());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void refused(String expected, Consumer<GraphProto.Builder> mistake) {
        GraphProto.Builder g = graph();
        mistake.accept(g);
        refused(expected, write(13, g));
    }

    private static void refused(String expected, Path file) {
        String m = assertThrows(DonnaException.InvalidInput.class, () -> ImportedModel.read(file)).getMessage();
        assertTrue(m.startsWith(file.toString()) && m.contains(expected) && !m.contains("\n"), m + "\nexpected: " + expected);
    }

    @Test
    void the_model_without_a_mistake_is_read() {
        ImportedModel model = ImportedModel.read(write(13, graph()));
        assertEquals(3, model.classes());
        assertEquals("[2, 4, 4]", model.image().toString());
    }

    @Test
    void nodes_that_are_not_supported_are_named_with_their_place() {
        refused("node 1 'm' (Softplus) is not supported", g -> g.setNode(1, node("Softplus", "m", "logits", "y")));
        refused("node 0 'c' (Conv) has attribute 'mystery', which is not supported",
                g -> g.setNode(0, g.getNode(0).toBuilder().addAttribute(ints("mystery", 1))));
        refused("node 0 'c' (Conv) is of domain 'com.example'", g -> g.setNode(0, g.getNode(0).toBuilder().setDomain("com.example")));
        refused("node 1 'm' (Sqrt) computes with values that depend on the images", g -> g.setNode(1, node("Sqrt", "m", "logits", "y")));
        refused("node 1 'm' (Div) divides by values that depend on the images", g -> g.setNode(1, node("Div", "m", "logits", "y", "y")));
        refused("node 0 'c' (Conv) has strides [2, 1]",
                g -> g.setNode(0, g.getNode(0).toBuilder().addAttribute(ints("strides", 2, 1))));
    }

    @Test
    void graphs_that_are_none_are_refused() {
        refused("node 0 'c' (Conv) reads 'nowhere', which nothing in the file makes", g -> g.setNode(0, node("Conv", "c", "y", "nowhere", "w")));
        refused("node 0 'c' (Conv) reads 'logits', which node 1 makes only then", g -> g.setNode(0, node("Conv", "c", "y", "logits", "w")));
        refused("node 0 'c' (Conv) has inputs [x], expected 2", g -> g.setNode(0, node("Conv", "c", "y", "x")));
        refused("node 1 'm' (Gather) has inputs [w], expected 2", g -> g.setNode(1, node("Gather", "m", "logits", "w")));
        refused("node 1 'm' (Expand) has inputs [w, ], expected 2", g -> g.setNode(1, node("Expand", "m", "logits", "w", "")));
        refused("node 1 'm' (Relu) makes 'y', which was there before", g -> g.setNode(1, node("Relu", "m", "y", "y")));
        refused("nothing makes its output 'other'", g -> g.setOutput(0, image("other", 1, 3)));
        refused("has 2 inputs [x, z]", g -> g.addInput(image("z", 1)));
        refused("has 0 outputs", g -> g.clearOutput());
        refused("its output 'logits' is [1, 3, 4, 4]", g -> g.setNode(1, node("Relu", "m", "logits", "y")));
        refused("its input 'x' is of type FLOAT [1, 2]", g -> g.setInput(0, image("x", 1, 2)));
        refused("'x' is of type FLOAT [1, 2, 0, 4]", g -> g.setInput(0, image("x", 1, 2, 0, 4)));
    }

    @Test
    void shapes_that_do_not_fit_are_named_with_the_node() {
        refused("node 0 'c' (Conv) does not fit what it reads: Conv2d 'c': src has 2 channels", g ->
                g.setInitializer(0, tensor("w", 3 * 5 * 9, 3, 5, 3, 3)));
        refused("node 0 'c' (Conv) has a weight of [54]", g -> g.setInitializer(0, tensor("w", 54, 54)));
        refused("node 1 'm' (Add) does not fit what it reads: the shapes [1, 3, 4, 4] and [5] do not fit together", g -> {
            g.addInitializer(tensor("b", 5, 5));
            g.setNode(1, node("Add", "m", "logits", "y", "b"));
        });
        refused("node 1 'm' (ReduceMean) does not fit what it reads: axis 7", g ->
                g.setNode(1, node("ReduceMean", "m", "logits", "y").addAttribute(ints("axes", 7))));
    }

    @Test
    void tensors_outside_the_file_and_altered_ones_are_refused() {
        refused("tensor 'w' keeps its values in another file", g -> g.setInitializer(0, tensor("w", 54, 3, 2, 3, 3)
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(StringStringEntryProto.newBuilder().setKey("location").setValue("/etc/passwd"))));
        refused("tensor 'w' has [3, 2, 3, 3] = 54 elements and 40 bytes, expected 216", g -> g.setInitializer(0, tensor("w", 10, 3, 2, 3, 3)));
        refused("a tensor of [2147483647, 2147483647] is out of bounds", g -> g.setInitializer(0, tensor("w", 1, 2147483647, 2147483647)));
        refused("tensor 'w' has dimensions [-1]", g -> g.setInitializer(0, tensor("w", 1, -1)));
        refused("two tensors have the name 'w'", g -> g.addInitializer(tensor("w", 1, 1)));
        refused("is of type STRING", g -> g.setInitializer(0, tensor("w", 54, 3, 2, 3, 3).setDataType(8)));
    }

    @Test
    void constants_are_bounded() {
        refused("node 1 'm' (Expand)", g -> {
            g.addInitializer(TensorProto.newBuilder().setName("s").setDataType(7).addDims(2).addInt64Data(1 << 20).addInt64Data(1 << 20));
            g.addInitializer(tensor("one", 1, 1));
            g.setNode(1, node("Expand", "m", "big", "one", "s"));
            g.addNode(node("Add", "a", "logits", "y", "big"));
        });
    }

    @Test
    void other_operator_sets_and_files_that_are_no_models_are_refused() throws IOException {
        refused("its operator set is 10; expected 11 to 22", write(10, graph()));
        refused("its operator set is 23; expected 11 to 22", write(23, graph()));
        refused("it names no operator set", Files.write(dir.resolve("n.onnx"), new byte[0]));
        refused("there is no such file", dir.resolve("absent.onnx"));
        byte[] whole = Files.readAllBytes(write(13, graph()));
        refused("it is no ONNX file, or truncated", Files.write(dir.resolve("t.onnx"), Arrays.copyOf(whole, whole.length / 2)));
    }

    /** Whatever the bytes, there is a sentence or a model, and nothing else. */
    @Test
    void damaged_files_never_break_anything() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] whole = Files.readAllBytes(Onnx.file("transformer-12.onnx"));
        for (int i = 0; i < 300; i++) {
            byte[] damaged = whole.clone();
            for (int k = 0; k <= random.nextInt(4); k++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            Path file = Files.write(dir.resolve("d.onnx"), damaged);
            try {
                ImportedModel.read(file);
            } catch (DonnaException.InvalidInput e) {
                assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + "L, file " + i + ": " + e, e);
            }
        }
    }
}
