/**
 * The CPU backend. A graph becomes a list of steps ({@link donna.cpu.Step}) over slots of memory ({@link donna.cpu.Slot}): one switch over the ops
 * ({@link donna.cpu.Lowering}) chooses, for each node, a oneDNN primitive or a vector kernel, and says in which layout it wants its values; conversions
 * between layouts are steps that are written where they are needed. Then all slots of intermediate values are packed by lifetime into one
 * range of the stream's scratch memory.
 *
 * <p>Three patterns of ops are lowered together where the graph has them and nothing else reads what lies between: the middle of an MBConv layer
 * ({@link donna.cpu.DepthwiseChains}), with the expansion in front where that pays ({@link donna.cpu.ExpansionLowering}), the batch norm or gate before a
 * projection ({@link donna.cpu.Projections}), and the gradient of squeeze-and-excite's source ({@link donna.cpu.GateFusion}). A plan's description names what
 * runs.
 *
 * <p>Images are kept in channel blocks of one vector ("nChw16c" with 512-bit vectors), which is what oneDNN's convolutions run fastest in. A stream
 * uses one core: candidates of a search run side by side, and a step's result does not depend on how many do. oneDNN's reference implementations are
 * never taken: where it has nothing better, a kernel of our own or another formulation runs.
 *
 * <p>In BF16, oneDNN's convolutions and products round what they multiply to 16 bits where the work is worth it; values that several of them
 * multiply are rounded once. All else is computed and kept in single precision.
 */
package donna.cpu;
