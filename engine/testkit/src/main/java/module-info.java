/** The op catalogue, what every backend must do, and the simulator of a CUDA card; in test scope only. */
module donna.testkit {
    requires transitive donna.core;
    requires transitive donna.ffi;
    requires transitive org.junit.jupiter.api;

    exports donna.testkit;
    exports donna.testkit.cuda;
}
