package donna.cpu;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** One thing a plan does: a primitive or a kernel with the memory it works on. */
final class Step {
    /** What is done with a step's memory, in the order of its slots. */
    interface Work extends AutoCloseable {
        void run(MemorySegment[] m, CpuStream stream);

        /** Called when some of the memory has moved. */
        default void moved(MemorySegment[] m) {}

        @Override
        default void close() {}
    }

    private final String node;
    private final String kind;
    private final String implementation;
    private final Work work;
    private final List<Slot> slots;
    private final MemorySegment[] memory;

    /**
     * @param node the layer's name, for messages
     * @param kind the op's name, or what a conversion is for
     * @param implementation what runs
     */
    Step(String node, String kind, String implementation, List<Slot> slots, Work work) {
        this.node = node;
        this.kind = kind;
        this.implementation = implementation;
        this.slots = List.copyOf(slots);
        this.memory = new MemorySegment[slots.size()];
        this.work = work;
    }

    String node() {
        return node;
    }

    String kind() {
        return kind;
    }

    String implementation() {
        return implementation;
    }

    List<Slot> slots() {
        return slots;
    }

    /** Takes the present places of its slots. */
    void rebind() {
        for (int i = 0; i < memory.length; i++) {
            memory[i] = slots.get(i).segment();
        }
        work.moved(memory);
    }

    void run(CpuStream stream) {
        work.run(memory, stream);
    }

    void close() {
        work.close();
    }
}
