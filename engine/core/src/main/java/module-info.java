/** Tensors, graphs, layers, training and the backend SPI. */
module donna.core {
    exports donna.tensor;
    exports donna.graph;
    exports donna.backend;
    exports donna.backend.plan;
    exports donna.backend.reference;
    exports donna.nn;
    exports donna.data;
    exports donna.train;
    exports donna.format;
    exports donna.model;

    uses donna.backend.BackendProvider;
    uses donna.data.ImageDecoder;

    provides donna.backend.BackendProvider with
            donna.backend.reference.ReferenceBackend;
}
