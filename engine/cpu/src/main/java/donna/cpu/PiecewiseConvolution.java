package donna.cpu;

import donna.cpu.kernel.Lanes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A depthwise pass of oneDNN, a piece at a time. Weights are in the order of the pass over whole images, block after block, so that
 * those of a piece are a range.
 */
final class PiecewiseConvolution implements PieceWork {
    private final Pieces pieces;
    private final List<Compiled> compiled;
    private final Step.Work[] works;
    private final MemorySegment[][] arguments;

    /** {@code compiled}: for each piece (src, weights, dst), or (dDst, weights, dSrc). */
    PiecewiseConvolution(Pieces pieces, List<Compiled> compiled, Arena arena) {
        this.pieces = pieces;
        this.compiled = compiled;
        Map<Compiled, Step.Work> made = new HashMap<>();
        works = compiled.stream().map(c -> made.computeIfAbsent(c, k -> k.work(arena))).toArray(Step.Work[]::new);
        arguments = new MemorySegment[works.length][];
    }

    @Override
    public long scratchBytes() {
        return compiled.stream().mapToLong(Compiled::scratchBytes).max().orElse(0);
    }

    @Override
    public void moved(MemorySegment src, MemorySegment weights, MemorySegment dst, MemorySegment scratchpad) {
        long plane = dst.byteSize() / pieces.count();
        long block = weights.byteSize() / pieces.planes();
        for (int i = 0; i < works.length; i++) {
            Pieces.Piece p = pieces.all().get(i);
            MemorySegment w = weights.asSlice(p.first() % pieces.planes() * block, p.blocks() * block);
            MemorySegment d = dst.asSlice(p.first() * plane, p.count() * plane);
            arguments[i] = compiled.get(i).scratchBytes() > 0
                    ? new MemorySegment[] {src, w, d, scratchpad}
                    : new MemorySegment[] {src, w, d};
        }
    }

    @Override
    public void run(int piece, CpuStream stream) {
        works[piece].moved(arguments[piece]);
        works[piece].run(arguments[piece], stream);
    }

    @Override
    public void close() {
        List.of(works).stream().distinct().forEach(Step.Work::close);
    }
}
