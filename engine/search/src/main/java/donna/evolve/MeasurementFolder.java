package donna.evolve;

import donna.evolve.MeasuredEvolution.Measurement;
import donna.space.Architecture;
import donna.spec.Json;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The measurements of one search on disk, a small file for each as soon as it is known, so that whatever ends the
 * process loses none. The files are numbered in the order in which results came, which is all that a search goes on
 * from. One thread.
 */
final class MeasurementFolder {
    private static final String SEARCH = "search.json";
    private static final String SUFFIX = ".measurement.json";

    private final Path folder;
    private final List<Kept> kept = new ArrayList<>();

    /** What the folder is of. */
    private record Search(String fingerprint) {}

    /** One file; {@code failure} is empty where there is none, {@code spentSeconds} is the search's time so far. */
    private record Kept(
            long number,
            Architecture architecture,
            double[] objectives,
            double[] excess,
            String failure,
            double seconds,
            double spentSeconds) {
        Measurement measurement() {
            Rating rating = failure.isEmpty() ? new Rating(objectives, excess) : Rating.failed();
            return new Measurement(number, architecture, rating, failure.isEmpty() ? null : failure, seconds);
        }
    }

    /**
     * Opens a folder, which is made if it is not there.
     *
     * @param fingerprint of all that a search's course depends on
     * @throws DonnaException.InvalidInput if it holds another search, or a file is missing or unreadable
     */
    MeasurementFolder(Path folder, String fingerprint) {
        this.folder = folder;
        Search search = new Search(fingerprint);
        Path file = folder.resolve(SEARCH);
        if (Files.notExists(file)) {
            Json.write(file, search);
        } else if (!Json.read(file, Search.class).equals(search)) {
            throw new DonnaException.InvalidInput(folder + ": holds the measurements of a search with another"
                    + " population, seed, space, order (if as completed, number of workers) or other goals; go on with"
                    + " what it was made with, or name another folder");
        }
        long files = files();
        while (kept.size() < files) {
            kept.add(Json.read(file(kept.size()), Kept.class));
        }
    }

    /** What was measured, in the order in which it came. */
    List<Measurement> measurements() {
        return kept.stream().map(Kept::measurement).toList();
    }

    /** How long the search had taken when the last of them came. */
    double spentSeconds() {
        return kept.isEmpty() ? 0 : kept.getLast().spentSeconds();
    }

    /** Keeps the next measurement. */
    void add(Measurement m, double spentSeconds) {
        Kept k = new Kept(
                m.number(),
                m.architecture(),
                m.rating().objectives(),
                m.rating().excess(),
                m.why().orElse(""),
                m.seconds(),
                spentSeconds);
        Json.write(file(kept.size()), k);
        kept.add(k);
    }

    private Path file(int sequence) {
        return folder.resolve("%06d%s".formatted(sequence, SUFFIX));
    }

    private long files() {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(f -> f.getFileName().toString().endsWith(SUFFIX)).count();
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(folder + ": cannot be listed: " + e);
        }
    }
}
