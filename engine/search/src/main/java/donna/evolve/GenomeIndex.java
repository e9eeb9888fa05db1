package donna.evolve;

import java.util.Arrays;

/** Which genomes a population has: an open-addressed hash table of places. One thread. */
final class GenomeIndex {
    private static final int EMPTY = -1;

    private final char[] genes;
    private final int[] hash;
    private final int blocks;
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

    /** Forgets all genomes. */
    void clear() {
        Arrays.fill(table, EMPTY);
    }

    /** Claims the genome of place {@code i}, which keeps it unless another has it; whether none had. */
    boolean claim(int i) {
        int slot = hash[i] & table.length - 1;
        while (table[slot] != EMPTY) {
            if (isSame(i, table[slot])) {
                return false;
            }
            slot = slot + 1 & table.length - 1;
        }
        table[slot] = i;
        return true;
    }

    private boolean isSame(int a, int b) {
        return hash[a] == hash[b]
                && Arrays.equals(genes, a * blocks, (a + 1) * blocks, genes, b * blocks, (b + 1) * blocks);
    }
}
