package donna.format;

import donna.nn.ParameterSpec;
import donna.tensor.DType;
import donna.tensor.DonnaException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A network's weights from a file of whatever kind: safetensors, or what {@code torch.save} wrote ({@code .pth}, {@code .pt}, {@code .th}, {@code .bin}). */
public final class WeightsFile {
    /** What PyTorch's batch norms count and nobody needs. */
    private static final String COUNTER = ".num_batches_tracked";

    private static final int NAMED = 5;

    private WeightsFile() {}

    /** The tensors of a file; its ending says which kind it is. */
    public static Map<String, HostTensor> tensors(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "safetensors" -> Safetensors.read(file).tensors();
            case "pth", "pt", "th", "bin" -> TorchFile.read(file);
            default ->
                throw new DonnaException.InvalidInput(file + ": of unknown kind; expected weights in a file that ends in .safetensors, .pth, .pt, .th or .bin");
        };
    }

    /**
     * The values of every parameter.
     *
     * @throws DonnaException.InvalidInput if a parameter is missing, has another shape or type, or the file holds tensors that no parameter takes
     */
    public static Map<String, float[]> read(Path file, Collection<ParameterSpec> parameters) {
        Map<String, HostTensor> tensors = tensors(file);
        List<String> unused = new ArrayList<>(tensors.keySet());
        unused.removeIf(name -> name.endsWith(COUNTER));
        Map<String, float[]> out = new LinkedHashMap<>();
        for (ParameterSpec p : parameters) {
            HostTensor t = tensors.get(p.name());
            if (t == null || !t.shape().equals(p.shape()) || t.dtype() != DType.F32) {
                throw new DonnaException.InvalidInput(file + ": tensor '" + p.name() + "' is " + (t == null ? "missing" : t.toString()) + ", the network expects F32 "
                        + p.shape() + "; the file belongs to another network");
            }
            out.put(p.name(), t.floats());
            unused.remove(p.name());
        }
        if (!unused.isEmpty()) {
            throw new DonnaException.InvalidInput(file + ": holds " + unused.size() + " tensors that the network does not have: "
                    + unused.stream().limit(NAMED).collect(Collectors.joining(", ")) + (unused.size() > NAMED ? ", ..." : "")
                    + "; the file belongs to another network");
        }
        return out;
    }
}
