/** The CPU backend: oneDNN for what it does best, own vector kernels for the rest; and JPEG decoding with libjpeg-turbo. */
module donna.cpu {
    requires transitive donna.core;
    requires donna.ffi;
    requires jdk.incubator.vector;

    exports donna.cpu;

    provides donna.backend.BackendProvider with
            donna.cpu.CpuBackend;
    provides donna.data.ImageDecoder with
            donna.cpu.image.TurboJpegDecoder;
}
