/** How an interface of C functions becomes calls: shared libraries opened by name, functions bound on their first call. Not exported. */
package donna.ffi.bind;
