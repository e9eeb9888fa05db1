/** Tensors, graphs, layers, training and the backend SPI. */
module donna.core {
    exports donna.tensor;
    exports donna.graph;
    exports donna.backend;

    uses donna.backend.BackendProvider;
}
