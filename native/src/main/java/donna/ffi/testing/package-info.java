/** CUDA's functions from a test double: for the test kit only. */
package donna.ffi.testing;
