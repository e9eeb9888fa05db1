package donna.spec;

import donna.model.ReferenceModel;
import donna.onnx.ImportedModel;
import donna.onnx.ImportedUnits;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Models in files, read once: every network of a search asks for its reference model. Thread-safe. */
final class ModelFiles {
    private static final Map<Path, Read> KNOWN = new ConcurrentHashMap<>();

    /**
     * A file's content.
     *
     * @param stamp of the file when it was read: another one makes it be read again
     * @param values of the model's parameters
     */
    record Read(String stamp, ReferenceModel model, Map<String, float[]> values) {}

    private ModelFiles() {}

    /** @throws DonnaException.InvalidInput if there is no such file, or it cannot be used */
    static Read of(String file) {
        Path path = Path.of(file).toAbsolutePath().normalize();
        String stamp = stamp(path);
        return KNOWN.compute(path, (p, known) -> known != null && known.stamp().equals(stamp) ? known : read(p, stamp));
    }

    private static String stamp(Path path) {
        try {
            return Files.size(path) + " " + Files.getLastModifiedTime(path);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(path + ": it cannot be read (" + e.getMessage() + "); name an ONNX file", e);
        }
    }

    private static Read read(Path path, String stamp) {
        ImportedUnits units = ImportedUnits.of(ImportedModel.read(path), path.getFileName().toString().replaceFirst("\\.[^.]+$", ""));
        return new Read(stamp, units.model(), units.values());
    }
}
