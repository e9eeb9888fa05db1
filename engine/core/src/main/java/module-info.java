/** Tensors, graphs, layers, training and the backend SPI. */
module donna.core {
    exports donna.tensor;
    exports donna.graph;
    exports donna.backend;
    exports donna.nn;
    exports donna.data;
    exports donna.train;
    exports donna.format;

    uses donna.backend.BackendProvider;
}
