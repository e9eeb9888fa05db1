package donna.cpu.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Forms planes of blocked images that a 1x1 convolution reads and nobody stores. In the convolution's gradient it also takes the data gradient of each plane,
 * which is where its own memory says. Used by one thread at a time.
 */
public interface PlaneSource {
    /** How many of the first segments of a step's memory are this object's. */
    int memory();

    default void begin(MemorySegment[] m) {}

    /** The planes that follow are of image {@code i}. */
    default void beginImage(int i, MemorySegment[] m) {}

    /** Forms plane {@code p} of all images, plane {@code block} of its own, as plane {@code to} of {@code formed}. */
    void plane(int block, int p, MemorySegment[] m, MemorySegment formed, int to);

    /** All planes of image {@code i} have come. */
    default void endImage(int i, MemorySegment[] m) {}

    default void end(MemorySegment[] m) {}
}
