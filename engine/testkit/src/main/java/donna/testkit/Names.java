package donna.testkit;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Shapes in cases' names. */
final class Names {
    private Names() {}

    static String of(int... dims) {
        return Arrays.stream(dims).mapToObj(Integer::toString).collect(Collectors.joining("x", "[", "]"));
    }

    static int[] append(int[] leading, int... last) {
        return IntStream.concat(Arrays.stream(leading), Arrays.stream(last)).toArray();
    }
}
