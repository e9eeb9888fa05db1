/**
 * CUDA's C interfaces over JCuda. Nobody imports it; {@code -Ddonna.cuda.bindings=jcuda} chooses it. JCuda's handles are Java objects: each gets a number,
 * which is the handle on our side. Device pointers and host memory stay addresses. What JCuda lacks answers with the library's own "not supported".
 */
package donna.jcuda;
