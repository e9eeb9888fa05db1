package donna.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** A primitive that is run on one piece of images after another: of some of its arguments each run takes its part, of the others all. */
final class PieceRuns {
    private final Compiled compiled;
    private final int count;
    private final Step.Work work;
    private final List<MemorySegment[]> arguments = new ArrayList<>();

    /** @param count of pieces */
    PieceRuns(Compiled compiled, int count, Arena arena) {
        this.compiled = compiled;
        this.count = count;
        this.work = compiled.work(arena);
    }

    /**
     * The primitive's arguments are {@code memory}.
     *
     * @param cut index of the one that is cut into pieces
     */
    void moved(MemorySegment scratchpad, int cut, MemorySegment... memory) {
        arguments.clear();
        long bytes = memory[cut].byteSize() / count;
        for (int i = 0; i < count; i++) {
            List<MemorySegment> all = new ArrayList<>(List.of(memory));
            all.set(cut, memory[cut].asSlice(i * bytes, bytes));
            if (compiled.scratchBytes() > 0) {
                all.add(scratchpad);
            }
            arguments.add(all.toArray(MemorySegment[]::new));
        }
    }

    /** Allocates nothing. */
    void run(int piece, CpuStream stream) {
        MemorySegment[] m = arguments.get(piece);
        work.moved(m);
        work.run(m, stream);
    }

    void close() {
        work.close();
    }
}
