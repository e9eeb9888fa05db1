/**
 * A CUDA card for tests, where there is none: a library in C++ that exports the driver's, NVRTC's and cuBLASLt's own functions, built by g++ when it is first
 * wanted. It compiles the unmodified kernels with g++ and runs their threads as fibers, in an order by chance; work in streams is held back until something
 * forces it, and independent streams come in any order. It checks every access of a kernel: bounds, alignment, memory that nobody has written, and races
 * between threads, blocks and streams, whether or not they happened to do harm. It shows nothing about speed, rounding of tensor cores, or quirks of the real
 * libraries. It is part of the test kit, which no program of the project contains: nobody can take it for a card.
 */
package donna.testkit.cuda;
