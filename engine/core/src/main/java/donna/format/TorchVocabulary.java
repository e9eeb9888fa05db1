package donna.format;

import donna.tensor.DonnaException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a state dict's pickle may refer to: storages, tensors that view them, ordered dicts. Everything else is refused by its name. Storages are noted as
 * they are named, in order; their bytes come later.
 */
final class TorchVocabulary implements Pickle.Vocabulary {
    /** Far more dimensions than any model has. */
    private static final int MAX_RANK = 32;

    private static final Map<String, StoredType> STORAGES = Map.of(
            "torch.DoubleStorage", StoredType.F64,
            "torch.FloatStorage", StoredType.F32,
            "torch.HalfStorage", StoredType.F16,
            "torch.BFloat16Storage", StoredType.BF16,
            "torch.LongStorage", StoredType.I64,
            "torch.IntStorage", StoredType.I32,
            "torch.ShortStorage", StoredType.I16,
            "torch.CharStorage", StoredType.I8,
            "torch.ByteStorage", StoredType.U8,
            "torch.BoolStorage", StoredType.BOOL);

    private enum Function {
        TENSOR_2("torch._utils._rebuild_tensor_v2"),
        TENSOR("torch._utils._rebuild_tensor"),
        PARAMETER("torch._utils._rebuild_parameter"),
        ORDERED_DICT("collections.OrderedDict");

        private final String name;

        Function(String name) {
            this.name = name;
        }
    }

    /** Bytes that tensors share. */
    record Storage(String key, StoredType type, long elements) {
        long bytes() {
            return elements * type.size();
        }
    }

    /** A tensor: element {@code i, j, ...} is element {@code offset + i * stride[0] + j * stride[1] ...} of its storage. */
    record View(Storage storage, long offset, int[] shape, long[] stride) {}

    private final String what;
    private final long fileBytes;
    private final Map<String, Storage> storages = new LinkedHashMap<>();
    private long storageBytes;

    /** @param fileBytes the storages together have no more */
    TorchVocabulary(String what, long fileBytes) {
        this.what = what;
        this.fileBytes = fileBytes;
    }

    /** By key, in the order in which they were named. */
    Map<String, Storage> storages() {
        return storages;
    }

    @Override
    public Object global(String name) {
        if (STORAGES.containsKey(name)) {
            return STORAGES.get(name);
        }
        for (Function f : Function.values()) {
            if (f.name.equals(name)) {
                return f;
            }
        }
        throw new DonnaException.InvalidInput(what + ": its pickle refers to " + name
                + ", which is neither a tensor nor a plain container; nothing was run; save model.state_dict() alone");
    }

    @Override
    public Object call(Object global, List<?> arguments) {
        return switch ((Function) global) {
            case ORDERED_DICT -> ordered(arguments);
            case PARAMETER -> (View) argument(arguments, 0);
            case TENSOR, TENSOR_2 -> view(arguments);
        };
    }

    private Map<Object, Object> ordered(List<?> arguments) {
        Map<Object, Object> out = new LinkedHashMap<>();
        for (Object pair : arguments.isEmpty() ? List.of() : (List<?>) arguments.getFirst()) {
            out.put((String) argument((List<?>) pair, 0), argument((List<?>) pair, 1));
        }
        return out;
    }

    private Object argument(List<?> arguments, int i) {
        if (i >= arguments.size()) {
            throw malformed("a call with " + arguments.size() + " arguments");
        }
        return arguments.get(i);
    }

    private View view(List<?> arguments) {
        Storage storage = (Storage) argument(arguments, 0);
        long offset = (Long) argument(arguments, 1);
        List<?> size = (List<?>) argument(arguments, 2);
        List<?> steps = (List<?>) argument(arguments, 3);
        if (size.size() != steps.size() || size.size() > MAX_RANK || offset < 0) {
            throw malformed("a tensor of rank " + size.size() + " with " + steps.size() + " strides at " + offset);
        }
        int[] shape = new int[size.size()];
        long[] stride = new long[shape.length];
        long elements = 1;
        long last = offset;
        for (int i = 0; i < shape.length; i++) {
            long dim = (Long) size.get(i);
            stride[i] = (Long) steps.get(i);
            if (dim < 1 || dim > storage.elements() || stride[i] < 0 || stride[i] > storage.elements()) {
                throw malformed("a dimension of " + dim + " with stride " + stride[i] + " in a storage of " + storage.elements());
            }
            shape[i] = (int) dim;
            elements *= dim;
            last += (dim - 1) * stride[i];
            if (elements > storage.elements() || last >= storage.elements()) {
                throw malformed("a tensor that leaves its storage of " + storage.elements());
            }
        }
        if (last >= storage.elements()) {
            throw malformed("a number at " + offset + " in a storage of " + storage.elements());
        }
        return new View(storage, offset, shape, stride);
    }

    @Override
    public Object persistent(Object id) {
        List<?> parts = (List<?>) id;
        if (!"storage".equals(argument(parts, 0))) {
            throw malformed("an outside object that is no storage");
        }
        StoredType type = (StoredType) argument(parts, 1);
        String key = (String) argument(parts, 2);
        long elements = (Long) argument(parts, 4);
        if (parts.size() > 5 && parts.get(5) != Pickle.NONE) {
            throw malformed("a storage that is a part of another");
        }
        if (elements < 0 || elements > Math.min(fileBytes, Integer.MAX_VALUE - 16) / type.size()) {
            throw malformed("a storage of " + elements + " " + type + " in a file of " + fileBytes + " bytes");
        }
        Storage s = new Storage(key, type, elements);
        Storage known = storages.putIfAbsent(key, s);
        if (known != null && !known.equals(s)) {
            throw malformed("storage '" + Pickle.printable(key) + "' in two forms");
        }
        storageBytes += known == null ? s.bytes() : 0;
        if (storageBytes > fileBytes) {
            throw malformed("storages of more bytes than the " + fileBytes + " of the file");
        }
        return s;
    }

    private DonnaException malformed(String found) {
        return new DonnaException.InvalidInput(what + ": its pickle has " + found + "; it is altered or truncated");
    }

    /**
     * The tensors among the entries of a dict; empty where it has none.
     *
     * @param dict whatever the pickle was
     */
    static Optional<Map<String, View>> tensors(Object dict) {
        Map<String, View> out = new LinkedHashMap<>();
        if (dict instanceof Map<?, ?> map) {
            map.forEach((name, value) -> {
                if (name instanceof String s && value instanceof View v) {
                    out.put(s, v);
                }
            });
        }
        return Optional.of(out).filter(m -> !m.isEmpty());
    }

    /** Row-major bytes of a view, copied element by element where it is not in that order itself. */
    static byte[] gather(View v, byte[] storage) {
        int size = v.storage().type().size();
        int elements = 1;
        for (int d : v.shape()) {
            elements *= d;
        }
        byte[] out = new byte[elements * size];
        int[] at = new int[v.shape().length];
        for (int i = 0; i < elements; i++) {
            long from = v.offset();
            for (int d = 0; d < at.length; d++) {
                from += at[d] * v.stride()[d];
            }
            System.arraycopy(storage, Math.toIntExact(from * size), out, i * size, size);
            for (int d = at.length - 1; d >= 0 && ++at[d] == v.shape()[d]; d--) {
                at[d] = 0;
            }
        }
        return out;
    }
}
