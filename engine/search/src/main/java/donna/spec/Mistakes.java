package donna.spec;

import donna.tensor.DonnaException;
import java.util.ArrayList;
import java.util.List;

/** Collects everything that is wrong with one file, so that a user sees it all at once. One thread. */
final class Mistakes {
    private final String file;
    private final List<String> lines = new ArrayList<>();

    Mistakes(String file) {
        this.file = file;
    }

    /** Notes one mistake at {@code path}, such as {@code /model/blocks/2/stride}. */
    void add(String path, String sentence) {
        lines.add(file + ": " + (path.isEmpty() ? "/" : path) + ": " + sentence);
    }

    boolean isEmpty() {
        return lines.isEmpty();
    }

    /** @throws DonnaException.InvalidInput with one line per mistake, if there is any */
    void raise() {
        if (!lines.isEmpty()) {
            throw new DonnaException.InvalidInput(String.join("\n", lines));
        }
    }
}
