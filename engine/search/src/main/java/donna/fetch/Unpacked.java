package donna.fetch;

import donna.data.TarReader;
import donna.format.AtomicFile;
import donna.spec.Json;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The few known files of a data set out of a tar or tar.gz archive, once, in the cache. Only the last parts of their paths count. */
final class Unpacked {
    /** Longest file that is taken. */
    private static final int MAX_FILE = 1 << 30;

    private static final String DONE = "complete";

    private Unpacked() {}

    /** Whether the archive holds one of the files. */
    static boolean holds(Path archive, Set<String> names) {
        try (TarReader tar = new TarReader(archive)) {
            while (tar.next()) {
                if (names.contains(last(tar.name()))) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * A folder with those of the files that the archive holds.
     *
     * @throws DonnaException.InvalidInput if the archive is damaged, or holds one of them twice
     */
    static Path folder(Path archive, Set<String> names, Path cache) {
        Path folder = cache.resolve("unpacked").resolve(key(archive));
        if (Files.exists(folder.resolve(DONE))) {
            return folder;
        }
        Set<String> written = new HashSet<>();
        try (TarReader tar = new TarReader(archive)) {
            while (tar.next()) {
                String name = last(tar.name());
                if (names.contains(name)) {
                    if (!written.add(name)) {
                        throw new DonnaException.InvalidInput(archive + ": holds two files called " + name + "; expected one data set in it");
                    }
                    AtomicFile.write(folder.resolve(name), tar.content(MAX_FILE));
                }
            }
        }
        AtomicFile.write(folder.resolve(DONE), new byte[0]);
        return folder;
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String key(Path archive) {
        try {
            return Json.hash(List.of(archive.toAbsolutePath().toString(), Files.size(archive), Files.getLastModifiedTime(archive).toMillis()))
                    .substring(0, 32);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(archive + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }
}
