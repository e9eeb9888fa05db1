package donna.export;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import donna.format.HostTensor;
import donna.graph.Value;
import donna.tensor.DType;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An ONNX graph while it is written: gives every value a name and keeps constants apart from nodes. Not
 * thread-safe.
 */
final class OnnxModel {
    /** Name of the batch dimension where it is left open. */
    private static final String BATCH = "batch";

    /** An attribute of a node: an integer, integers, a float, or a tensor. */
    record Attribute(String name, Object value) {
        static Attribute of(String name, long value) {
            return new Attribute(name, value);
        }

        static Attribute of(String name, float value) {
            return new Attribute(name, value);
        }

        static Attribute of(String name, long... values) {
            return new Attribute(name, values);
        }

        static Attribute of(String name, HostTensor value) {
            return new Attribute(name, value);
        }

        private AttributeProto proto() {
            AttributeProto.Builder a = AttributeProto.newBuilder().setName(name);
            switch (value) {
                case Long l -> a.setType(AttributeProto.AttributeType.INT).setI(l);
                case Float f -> a.setType(AttributeProto.AttributeType.FLOAT).setF(f);
                case long[] all -> {
                    a.setType(AttributeProto.AttributeType.INTS);
                    for (long l : all) {
                        a.addInts(l);
                    }
                }
                case HostTensor t -> a.setType(AttributeProto.AttributeType.TENSOR).setT(tensor("", t));
                default -> throw new AssertionError(value);
            }
            return a.build();
        }
    }

    private final GraphProto.Builder graph;
    private final Map<Value, String> names = new HashMap<>();
    private final Set<String> taken = new HashSet<>();
    private final int batch;

    /** @param batch size of dimension 0 that is left open in inputs and outputs; 0 keeps all sizes fixed */
    OnnxModel(String name, int batch) {
        this.graph = GraphProto.newBuilder().setName(name);
        this.batch = batch;
    }

    /** Size of the batch in the graph if the file leaves it open, else 0. */
    int openBatch() {
        return batch;
    }

    /** Gives a value its name before it is written. */
    void name(Value value, String name) {
        names.put(value, name);
        taken.add(name);
    }

    boolean isNamed(Value value) {
        return names.containsKey(value);
    }

    String name(Value value) {
        return names.computeIfAbsent(
                value, v -> fresh(v.node().name(), v.node().op().getClass().getSimpleName()));
    }

    /** A name nobody has: {@code layer/Kind}, with a number where needed. */
    String fresh(String layer, String kind) {
        String base = layer.isEmpty() ? kind : layer + "/" + kind;
        String name = base;
        for (int i = 1; !taken.add(name); i++) {
            name = base + "_" + i;
        }
        return name;
    }

    void input(String name, TensorSpec spec) {
        graph.addInput(info(name, spec));
    }

    /** The name of the first input, whose first dimension is the batch. */
    String anyInput() {
        return graph.getInput(0).getName();
    }

    void output(String name, TensorSpec spec) {
        graph.addOutput(info(name, spec));
    }

    private ValueInfoProto info(String name, TensorSpec spec) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        for (int i = 0; i < spec.shape().rank(); i++) {
            int d = spec.shape().dim(i);
            shape.addDim(
                    i == 0 && d == batch
                            ? TensorShapeProto.Dimension.newBuilder().setDimParam(BATCH)
                            : TensorShapeProto.Dimension.newBuilder().setDimValue(d));
        }
        TypeProto.Tensor type = TypeProto.Tensor.newBuilder()
                .setElemType(elementType(spec.dtype()).getNumber())
                .setShape(shape)
                .build();
        return ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder().setTensorType(type))
                .build();
    }

    private static TensorProto.DataType elementType(DType type) {
        return switch (type) {
            case F32 -> TensorProto.DataType.FLOAT;
            case F64 -> TensorProto.DataType.DOUBLE;
            case I32 -> TensorProto.DataType.INT32;
            case U8 -> TensorProto.DataType.UINT8;
        };
    }

    /** Stores a tensor under {@code name}, which must be new. */
    void constant(String name, HostTensor values) {
        graph.addInitializer(tensor(name, values));
    }

    private static TensorProto tensor(String name, HostTensor values) {
        TensorProto.Builder t = TensorProto.newBuilder()
                .setName(name)
                .setDataType(elementType(values.dtype()).getNumber())
                .setRawData(ByteString.copyFrom(values.bytes()));
        for (int d : values.shape().dims()) {
            t.addDims(d);
        }
        return t.build();
    }

    /** Stores one number of rank 0 and returns its name. */
    String number(String layer, String kind, float value) {
        String name = fresh(layer, kind);
        constant(name, HostTensor.of(Shape.of(), new float[] {value}));
        return name;
    }

    /** Stores 64-bit integers, which shapes and axes are, and returns their name. */
    String integers(String layer, String kind, long... values) {
        String name = fresh(layer, kind);
        TensorProto.Builder t =
                TensorProto.newBuilder().setName(name).setDataType(TensorProto.DataType.INT64.getNumber());
        t.addDims(values.length);
        for (long v : values) {
            t.addInt64Data(v);
        }
        graph.addInitializer(t);
        return name;
    }

    /** Adds a node with one output of a fresh name, which is returned. */
    String node(String layer, String type, List<String> inputs, Attribute... attributes) {
        String output = fresh(layer, type);
        node(layer, type, inputs, List.of(output), attributes);
        return output;
    }

    void node(String layer, String type, List<String> inputs, List<String> outputs, Attribute... attributes) {
        NodeProto.Builder n = NodeProto.newBuilder()
                .setOpType(type)
                .setName(fresh(layer, type + "_node"))
                .addAllInput(inputs)
                .addAllOutput(outputs);
        for (Attribute a : attributes) {
            n.addAttribute(a.proto());
        }
        graph.addNode(n);
    }

    GraphProto proto() {
        return graph.build();
    }
}
