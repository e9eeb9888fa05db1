package donna.space;

import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * All architectures: the product over blocks of each block's candidates. Immutable.
 *
 * @param blocks in order from stem to head
 * @param candidates of each block, in the spec's order; at least one each
 */
public record SearchSpace(List<Block> blocks, List<List<Candidate>> candidates) {
    public SearchSpace {
        blocks = List.copyOf(blocks);
        candidates = candidates.stream().map(List::copyOf).toList();
        if (blocks.isEmpty()
                || blocks.size() != candidates.size()
                || candidates.stream().anyMatch(List::isEmpty)) {
            throw new DonnaException.InvalidInput("search space: " + blocks.size() + " blocks and "
                    + candidates.stream().map(List::size).toList()
                    + " candidates; expected at least one block and one candidate for each");
        }
    }

    /** The space of a spec. */
    public static SearchSpace of(SearchSpec spec) {
        List<Block> blocks = spec.model().blocks().stream()
                .map(b -> new Block(b.name(), b.in(), b.out(), b.stride()))
                .toList();
        List<List<Candidate>> candidates = blocks.stream()
                .map(b -> spec.space().candidatesOf(b.name()).stream()
                        .map(c -> Candidate.of(c, spec.space()))
                        .toList())
                .toList();
        return new SearchSpace(blocks, candidates);
    }

    /** Number of architectures. */
    public BigInteger size() {
        return candidates.stream().map(c -> BigInteger.valueOf(c.size())).reduce(BigInteger.ONE, BigInteger::multiply);
    }

    /** Number of candidates of each block. */
    public int[] options() {
        return candidates.stream().mapToInt(List::size).toArray();
    }

    /** Number of candidates of all blocks together. */
    public int candidateCount() {
        return candidates.stream().mapToInt(List::size).sum();
    }

    /** Candidate {@code choice} of block {@code n}. */
    public Candidate candidate(int n, int choice) {
        return candidates.get(n).get(choice);
    }

    /** What each block of {@code architecture} is. */
    public List<Candidate> candidates(Architecture architecture) {
        check(architecture);
        return IntStream.range(0, blocks.size())
                .mapToObj(n -> candidate(n, architecture.choice(n)))
                .toList();
    }

    /**
     * The short forms of the architecture's candidates joined by {@code _}: a name that survives another order of the
     * space.
     */
    public String name(Architecture architecture) {
        return candidates(architecture).stream().map(Candidate::toString).collect(Collectors.joining("_"));
    }

    /**
     * Reads an architecture by choices ({@code 7-11-11-17}) or by name ({@code mk5e4d2r_...}).
     *
     * @throws DonnaException.InvalidInput if it cannot be read or is not of this space
     */
    public Architecture parse(String text) {
        if (!text.contains("k")) {
            Architecture architecture = Architecture.parse(text);
            check(architecture);
            return architecture;
        }
        String[] names = text.split("_");
        if (names.length != blocks.size()) {
            throw new DonnaException.InvalidInput("architecture '" + text + "': " + names.length
                    + " candidates, the space has " + blocks.size() + " blocks; name one candidate per block");
        }
        int[] choices = new int[names.length];
        for (int n = 0; n < names.length; n++) {
            Candidate wanted = Candidate.parse(names[n]);
            choices[n] = candidates.get(n).stream().map(Candidate::toString).toList().indexOf(wanted.toString());
            if (choices[n] < 0) {
                throw new DonnaException.InvalidInput("architecture '" + text + "': block "
                        + blocks.get(n).name() + " has no candidate " + names[n] + "; it has " + candidates.get(n));
            }
        }
        return new Architecture(choices);
    }

    /**
     * @throws DonnaException.InvalidInput if the architecture has another number of blocks or a choice that does not
     *     exist
     */
    public void check(Architecture architecture) {
        if (architecture.length() != blocks.size()) {
            throw new DonnaException.InvalidInput("architecture " + architecture + ": " + architecture.length()
                    + " choices, the space has " + blocks.size() + " blocks; give one choice per block");
        }
        for (int n = 0; n < blocks.size(); n++) {
            int count = candidates.get(n).size();
            if (architecture.choice(n) < 0 || architecture.choice(n) >= count) {
                throw new DonnaException.InvalidInput(
                        "architecture " + architecture + ": choice " + architecture.choice(n) + " of block "
                                + blocks.get(n).name() + "; allowed 0 to " + (count - 1));
            }
        }
    }

    /** Every architecture in lexicographic order; only for spaces of at most 2^24. */
    public List<Architecture> enumerate() {
        if (size().bitLength() > 25) {
            throw new DonnaException.InvalidInput("enumerating " + size()
                    + " architectures would not fit in memory; at most 2^24 are listed, search larger spaces instead");
        }
        List<Architecture> all = new ArrayList<>(size().intValue());
        int[] choices = new int[blocks.size()];
        int n = 0;
        while (n >= 0) {
            all.add(new Architecture(choices));
            n = blocks.size() - 1;
            while (n >= 0 && ++choices[n] == candidates.get(n).size()) {
                choices[n--] = 0;
            }
        }
        return all;
    }
}
