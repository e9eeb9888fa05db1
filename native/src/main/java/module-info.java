/** C libraries as Java interfaces: the only module that makes restricted native calls. */
module donna.ffi {
    exports donna.ffi;
    exports donna.ffi.bind to
            donna.jcuda;
    exports donna.ffi.testing to
            donna.testkit;

    uses donna.ffi.CudaBindings;
}
