package donna.evolve;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Which genomes a population has: an open-addressed hash table of places, filled by many threads without a lock. Of
 * equal genomes the one at the lowest place stays, whatever the order of claims. A place in the table is not written
 * again before it has lost its genome and all claims under way have ended.
 */
final class GenomeIndex {
    /** What a claim gives when no other place has the genome. */
    static final int FRESH = -1;

    private static final int EMPTY = -1;
    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(int[].class);

    private final char[] genes;
    private final int[] hash;
    private final int blocks;

    /**
     * Places, or {@code EMPTY}. Read with acquire order, taken by compare-and-set after the place's genes and hash are
     * written; a place in a slot is only replaced by a lower one with the same genes.
     */
    private final int[] table;

    /**
     * @param genes place i's from {@code i * blocks} on
     * @param hash by place
     */
    GenomeIndex(char[] genes, int[] hash, int blocks) {
        this.genes = genes;
        this.hash = hash;
        this.blocks = blocks;
        table = new int[Integer.highestOneBit(hash.length) * 4];
        clear();
    }

    /** Forgets all genomes; while nobody claims. */
    void clear() {
        Arrays.fill(table, EMPTY);
    }

    /**
     * Claims the genome of place {@code i}.
     *
     * @return {@link #FRESH} if none had it; {@code i} if a lower place has it; otherwise the higher place that has
     *     lost it to {@code i}
     */
    int claim(int i) {
        int slot = hash[i] & table.length - 1;
        while (true) {
            int other = (int) SLOT.getAcquire(table, slot);
            if (other == EMPTY) {
                if (SLOT.compareAndSet(table, slot, EMPTY, i)) {
                    return FRESH;
                }
            } else if (!isSame(i, other)) {
                slot = slot + 1 & table.length - 1;
            } else if (other < i) {
                return i;
            } else if (SLOT.compareAndSet(table, slot, other, i)) {
                return other;
            }
        }
    }

    private boolean isSame(int a, int b) {
        return hash[a] == hash[b]
                && Arrays.equals(genes, a * blocks, (a + 1) * blocks, genes, b * blocks, (b + 1) * blocks);
    }
}
