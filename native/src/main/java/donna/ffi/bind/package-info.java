/** How an interface of C functions becomes calls: shared libraries opened by name, functions bound on their first call. Exported to donna.jcuda only. */
package donna.ffi.bind;
