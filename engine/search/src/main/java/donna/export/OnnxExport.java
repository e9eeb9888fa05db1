package donna.export;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import donna.format.AtomicFile;
import donna.graph.Graph;
import donna.graph.Node;
import donna.graph.Op;
import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes inference graphs as ONNX files. Equal input gives equal bytes. Source: the ONNX specification, opset 17. */
public final class OnnxExport {
    /** Version of the operator set; every runtime of 2022 or later knows it. */
    public static final int OPSET = 17;

    /** The file format's version that goes with the opset. */
    private static final int IR_VERSION = 8;

    private OnnxExport() {}

    /**
     * What a file says of itself.
     *
     * @param name of the model
     * @param version of the program that wrote it
     * @param dynamicBatch whether dimension 0 of inputs and outputs is left open
     * @param metadata free text by key; {@link ModelCard} gives what users of the model need
     */
    public record Header(String name, String version, boolean dynamicBatch, Map<String, String> metadata) {
        public Header {
            metadata = Map.copyOf(metadata);
        }
    }


    /**
     * Writes {@code file} whole or not at all.
     *
     * @param graph an inference graph; blocked layouts of its inputs and outputs do not matter, the file's are
     *     row-major
     * @param variables the values of every variable, row-major
     * @throws DonnaException.InvalidInput if an op belongs to training, a variable has no values, or the file
     *     cannot be written
     */
    public static void write(Path file, Graph graph, Map<String, float[]> variables, Header header) {
        ModelProto proto = proto(graph, variables, header);
        AtomicFile.write(file, proto::writeTo);
    }

    /** What {@link #write} would put into the file. */
    static byte[] bytes(Graph graph, Map<String, float[]> variables, Header header) {
        return proto(graph, variables, header).toByteArray();
    }

    private static ModelProto proto(Graph graph, Map<String, float[]> variables, Header header) {
        OnnxModel model = new OnnxModel(header.name(), header.dynamicBatch() ? batch(graph) : 0);
        List<String> aliases = new ArrayList<>();
        for (Node n : graph.nodes()) {
            switch (n.op()) {
                case Op.Input o -> model.name(n.output(0), o.name());
                case Op.Variable o -> model.name(n.output(0), o.name());
                default -> {}
            }
        }
        graph.outputs().forEach((name, out) -> {
            if (model.isNamed(out.value())) {
                aliases.add(name);
            } else {
                model.name(out.value(), name);
            }
        });
        OnnxOps ops = new OnnxOps(model, variables);
        graph.nodes().forEach(ops::write);
        for (Graph.Output out : graph.outputs().values()) {
            if (out.value().node().op() instanceof Op.Fill f) {
                ops.filled(out.value(), f);
            }
        }
        for (String name : aliases) {
            model.node(
                    "", "Identity", List.of(model.name(graph.outputs().get(name).value())), List.of(name));
        }
        graph.outputs().forEach((name, out) -> model.output(name, out.spec()));
        ModelProto.Builder proto = ModelProto.newBuilder()
                .setIrVersion(IR_VERSION)
                .setProducerName("donna")
                .setProducerVersion(header.version())
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET))
                .setGraph(model.proto());
        new TreeMap<>(header.metadata())
                .forEach((key, value) -> proto.addMetadataProps(
                        StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return proto.build();
    }

    private static int batch(Graph graph) {
        int batch = 0;
        for (Node n : graph.nodes()) {
            if (n.op() instanceof Op.Input in) {
                int size = in.spec().shape().dim(0);
                if (batch != 0 && batch != size) {
                    throw new DonnaException.InvalidInput("ONNX export: input '" + in.name() + "' has " + size
                            + " samples, another has " + batch + "; a batch that is left open needs equal inputs");
                }
                batch = size;
            }
        }
        return batch;
    }
}
