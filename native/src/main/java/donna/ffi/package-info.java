/**
 * C libraries as Java interfaces. Per library there is one interface with the C names ({@link donna.ffi.Onednn}, {@link donna.ffi.Openmp}), a
 * package-private implementation over the Foreign Function and Memory API, and a checked layer ({@link donna.ffi.Dnnl}) whose handle
 * classes close idempotently and turn status codes into {@link donna.ffi.NativeException}.
 *
 * <p>Written by hand and limited to what is called: a generated binding of oneDNN would be some thirty thousand lines nobody reads.
 */
package donna.ffi;
