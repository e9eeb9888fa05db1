/** DONNA itself: the spec, the search space, distillation, the accuracy predictor, costs and evolution. */
module donna.search {
    requires transitive donna.core;
    requires tools.jackson.core;
    requires tools.jackson.databind;
    requires tools.jackson.dataformat.yaml;
    requires java.desktop;
    requires org.tribuo.util.onnx;
    requires com.google.protobuf;
    requires com.microsoft.onnxruntime;

    exports donna.spec;
    exports donna.space;
    exports donna.predict;
    exports donna.jobs;
    exports donna.distill;
    exports donna.finetune;
    exports donna.cost;
    exports donna.evolve;
    exports donna.report;
    exports donna.run;
    exports donna.fetch;
    exports donna.export;
    exports donna.onnx;

    // The run folder's own records are not for others, except for what writes them.
    opens donna.run to
            tools.jackson.databind;

    provides donna.data.ImageDecoder with
            donna.image.ImageIoDecoder;
}
