package donna.ffi;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.constant.ClassDesc;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Functions and constants of NVIDIA's headers, as the parser of JavaCPP read them: from the classes of {@code org.bytedeco:cuda}, which are read and never
 * loaded. Types keep their size: {@code int} for enums, {@code long} for {@code size_t}, a class for every pointer. Names are those of the headers, which
 * {@code cuda.h} turns into the symbols of a version by macros.
 */
final class Presets {
    /** Symbols whose name in the header is not theirs less a version. */
    private static final Map<String, String> HEADER_NAMES = Map.of("cuGraphInstantiateWithFlags", "cuGraphInstantiate");

    private final Map<String, Set<MethodTypeDesc>> functions = new HashMap<>();
    private final Map<String, Integer> constants = new HashMap<>();

    private Presets(ClassModel model) {
        model.methods().forEach(m -> functions
                .computeIfAbsent(m.methodName().stringValue(), _ -> new HashSet<>())
                .add(m.methodTypeSymbol()));
        model.fields().forEach(f -> f.findAttribute(java.lang.classfile.Attributes.constantValue()).ifPresent(value -> {
            if (value.constant().constantValue() instanceof Integer number) {
                constants.put(f.fieldName().stringValue(), number);
            }
        }));
    }

    /** {@code cudart} (with the driver's functions), {@code nvrtc}, {@code cublas}, {@code cudnn} or {@code nvml}. */
    static Presets of(String library) throws IOException {
        try (InputStream in = ClassLoader.getSystemResourceAsStream("org/bytedeco/cuda/global/" + library + ".class")) {
            return new Presets(ClassFile.of().parse(in.readAllBytes()));
        }
    }

    /** A constant of an enum. */
    int constant(String name) {
        if (!constants.containsKey(name)) {
            throw new AssertionError("the headers have no constant " + name);
        }
        return constants.get(name);
    }

    /** What is wrong with a function as we declare it; empty if nothing is. */
    String mistake(String symbol, MethodTypeDesc declared) {
        String name = HEADER_NAMES.getOrDefault(symbol, symbol.replaceFirst("_v2$", ""));
        Set<MethodTypeDesc> known = functions.getOrDefault(functions.containsKey(symbol) ? symbol : name, Set.of());
        if (known.stream().anyMatch(k -> fits(declared, k))) {
            return "";
        }
        return symbol + declared.displayDescriptor() + ": the headers have " + known.stream().map(MethodTypeDesc::displayDescriptor).toList();
    }

    private static boolean fits(MethodTypeDesc declared, MethodTypeDesc known) {
        if (declared.parameterCount() != known.parameterCount() || !fits(declared.returnType(), known.returnType())) {
            return false;
        }
        for (int i = 0; i < declared.parameterCount(); i++) {
            if (!fits(declared.parameterType(i), known.parameterType(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean fits(ClassDesc declared, ClassDesc known) {
        if (declared.equals(ConstantDescs.CD_long)) {
            return known.equals(declared) || !known.isPrimitive();
        }
        return declared.isPrimitive() ? known.equals(declared) : !known.isPrimitive();
    }
}
