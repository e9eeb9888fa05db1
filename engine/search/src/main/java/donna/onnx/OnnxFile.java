package donna.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The content of an ONNX file, checked as a graph: every op known, every name made once and before it is read. Immutable.
 *
 * @param name of the file, for messages
 * @param opset version of the operators
 * @param nodes in an order in which what they read comes before them
 * @param initializers stored tensors by name
 * @param input the one input, float {@code [N, C, H, W]}
 * @param inputDims its dimensions; the first is 0 where the batch is left open
 * @param output the one output
 * @param metadata free text by key
 */
record OnnxFile(
        String name,
        int opset,
        List<OnnxNode> nodes,
        Map<String, Constant> initializers,
        String input,
        List<Integer> inputDims,
        String output,
        Map<String, String> metadata) {
    static final int OLDEST = 11;
    static final int NEWEST = 22;
    private static final long MAX_BYTES = Integer.MAX_VALUE;
    private static final int MAX_NODES = 100_000;

    OnnxFile {
        nodes = List.copyOf(nodes);
        inputDims = List.copyOf(inputDims);
    }

    /** @throws DonnaException.InvalidInput if it is no such file, or holds what cannot be kept */
    static OnnxFile read(Path path) {
        String name = path.toString();
        try {
            if (!Files.isRegularFile(path)) {
                throw new DonnaException.InvalidInput(name + ": there is no such file");
            }
            if (Files.size(path) > MAX_BYTES) {
                throw new DonnaException.InvalidInput(name + ": " + Files.size(path) + " bytes are more than the " + MAX_BYTES + " that a file may have");
            }
            try (InputStream in = Files.newInputStream(path)) {
                CodedInputStream coded = CodedInputStream.newInstance(in);
                coded.setSizeLimit(Integer.MAX_VALUE);
                return of(name, ModelProto.parseFrom(coded));
            }
        } catch (InvalidProtocolBufferException e) {
            throw new DonnaException.InvalidInput(name + ": it is no ONNX file, or truncated (" + e.getMessage() + ")", e);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(name + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static OnnxFile of(String name, ModelProto model) {
        int opset = model.getOpsetImportList().stream()
                .filter(o -> isStandard(o.getDomain()))
                .mapToInt(o -> (int) Math.min(o.getVersion(), Integer.MAX_VALUE))
                .findFirst()
                .orElseThrow(() -> new DonnaException.InvalidInput(name + ": it is no ONNX file: it names no operator set, only "
                        + model.getOpsetImportList().stream().map(OperatorSetIdProto::getDomain).toList()));
        if (opset < OLDEST || opset > NEWEST) {
            throw new DonnaException.InvalidInput(
                    name + ": its operator set is " + opset + "; expected " + OLDEST + " to " + NEWEST + ", so export it with one of these");
        }
        GraphProto graph = model.getGraph();
        if (graph.getNodeCount() > MAX_NODES) {
            throw new DonnaException.InvalidInput(name + ": " + graph.getNodeCount() + " nodes are more than the " + MAX_NODES + " allowed");
        }
        if (graph.getSparseInitializerCount() > 0) {
            throw new DonnaException.InvalidInput(name + ": it has " + graph.getSparseInitializerCount() + " sparse tensors; save them as dense ones");
        }
        Map<String, Constant> initializers = new LinkedHashMap<>();
        for (TensorProto t : graph.getInitializerList()) {
            if (initializers.put(t.getName(), TensorReader.read(name + ": tensor '" + t.getName() + "'", t)) != null) {
                throw new DonnaException.InvalidInput(name + ": two tensors have the name '" + t.getName() + "'");
            }
        }
        ValueInfoProto input = only(name, "input", graph.getInputList().stream().filter(i -> !initializers.containsKey(i.getName())).toList());
        ValueInfoProto output = only(name, "output", graph.getOutputList());
        List<OnnxNode> nodes = nodes(name, graph, initializers.keySet(), input.getName(), output.getName());
        Map<String, String> metadata = new TreeMap<>();
        for (StringStringEntryProto p : model.getMetadataPropsList()) {
            metadata.put(p.getKey(), p.getValue());
        }
        return new OnnxFile(name, opset, nodes, initializers, input.getName(), dims(name, input), output.getName(), metadata);
    }

    private static boolean isStandard(String domain) {
        return domain.isEmpty() || domain.equals("ai.onnx");
    }

    private static ValueInfoProto only(String name, String what, List<ValueInfoProto> all) {
        if (all.size() != 1) {
            throw new DonnaException.InvalidInput(name + ": it has " + all.size() + " " + what + "s " + all.stream().map(ValueInfoProto::getName).toList()
                    + "; expected one, so export the model with a single " + what);
        }
        return all.getFirst();
    }

    private static List<Integer> dims(String name, ValueInfoProto input) {
        List<Integer> dims = new ArrayList<>();
        boolean fits = input.getType().getTensorType().getElemType() == TensorProto.DataType.FLOAT.getNumber();
        for (TensorShapeProto.Dimension d : input.getType().getTensorType().getShape().getDimList()) {
            long value = d.getDimValue();
            boolean open = dims.isEmpty() && (d.getValueCase() != TensorShapeProto.Dimension.ValueCase.DIM_VALUE || value == -1);
            fits &= open || value >= 1 && value <= 1 << 20;
            dims.add(open ? 0 : (int) value);
        }
        if (!fits || dims.size() != 4) {
            throw new DonnaException.InvalidInput(name + ": its input '" + input.getName() + "' is of type "
                    + TensorProto.DataType.forNumber(input.getType().getTensorType().getElemType()) + " " + dims
                    + " (0 is left open); expected FLOAT [N, C, H, W] with fixed channels, height and width");
        }
        return dims;
    }

    private static List<OnnxNode> nodes(String file, GraphProto graph, Set<String> stored, String input, String output) {
        Map<String, Integer> madeBy = new HashMap<>();
        for (int i = 0; i < graph.getNodeCount(); i++) {
            for (String made : graph.getNode(i).getOutputList()) {
                madeBy.put(made, i);
            }
        }
        Set<String> known = new HashSet<>(stored);
        known.add(input);
        List<OnnxNode> nodes = new ArrayList<>();
        for (int i = 0; i < graph.getNodeCount(); i++) {
            NodeProto p = graph.getNode(i);
            Map<String, AttributeProto> attributes = new HashMap<>();
            p.getAttributeList().forEach(a -> attributes.put(a.getName(), a));
            OnnxNode n = new OnnxNode(file, i, p.getName(), p.getOpType(), p.getInputList(), p.getOutputList(), attributes);
            if (!isStandard(p.getDomain())) {
                throw n.error("is of domain '" + p.getDomain() + "', which is not supported; only ONNX's own ops are");
            }
            Operators.check(n);
            if (n.outputs().isEmpty() || n.output().isEmpty()) {
                throw n.error("has no output");
            }
            for (String read : n.inputs()) {
                if (!read.isEmpty() && !known.contains(read)) {
                    Integer maker = madeBy.get(read);
                    throw n.error(maker == null
                            ? "reads '" + read + "', which nothing in the file makes"
                            : "reads '" + read + "', which node " + maker + " makes only then; nodes must come after what they read, without cycles");
                }
            }
            for (String made : n.outputs()) {
                if (!made.isEmpty() && !known.add(made)) {
                    throw n.error("makes '" + made + "', which was there before");
                }
            }
            nodes.add(n);
        }
        if (!known.contains(output)) {
            throw new DonnaException.InvalidInput(file + ": nothing makes its output '" + output + "'");
        }
        return nodes;
    }
}
