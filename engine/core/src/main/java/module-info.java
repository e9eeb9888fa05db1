/** Tensors, graphs, layers, training and the backend SPI. */
module donna.core {
    exports donna.tensor;
    exports donna.graph;
    exports donna.backend;
    exports donna.data;

    uses donna.backend.BackendProvider;
}
