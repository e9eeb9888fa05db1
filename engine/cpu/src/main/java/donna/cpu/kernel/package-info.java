/**
 * Vector kernels of the CPU backend. Every kernel is single-threaded, deterministic, allocates nothing when it runs,
 * and reads and writes memory segments whose first element is element 0 of the tensor.
 *
 * <ul>
 *   <li><b>Layouts.</b> A blocked tensor {@code [N, C, H, W]} is stored as {@code [N, ceil(C / L), H, W, L]} with
 *   {@link donna.cpu.kernel.Lanes#L} channels side by side. Missing channels are zero; every kernel keeps them zero.
 *   Everything else is plain, in row-major order. Segments are aligned to 4 bytes; 64 is faster.
 *   <li><b>Per-channel vectors</b> are plain {@code [C]}; kernel objects copy them into padded fields of their own, so
 *   that no kernel touches memory behind the last channel.
 *   <li><b>Objects and statics.</b> What needs fields is an object made once per plan node, used by one thread at a
 *   time. The rest is static.
 *   <li><b>Sums.</b> Horizontal vector reductions are not used: their order differs between interpreter and compiler.
 *   Lanes are summed in order, long sums are float within a run of pixels and compensated across runs (Knuth's TwoSum).
 *   <li><b>Bounds.</b> Sizes come from the constructor; with the JVM option that turns off vector bounds checks, a
 *   segment that is too short is not noticed.
 *   <li><b>Small methods, no wrappers.</b> C2 stops vectorising methods of many vector operations, so that each loop is
 *   a method of its own. A loop calls the Vector API directly: the compiler always inlines that, but a method of ours
 *   only while its graph is small, and a vector that crosses a real call is put on the heap. The loops of depthwise passes and of our own 1x1 convolutions are made
 *   when a shape is first asked for ({@link donna.cpu.kernel.VectorCode}), larger than the others and still small enough for both compilers.
 * </ul>
 */
package donna.cpu.kernel;
