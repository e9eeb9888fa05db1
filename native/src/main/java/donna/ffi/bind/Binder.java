package donna.ffi.bind;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Implements an interface whose abstract methods are C functions: the method's name is the symbol, its types are the C types ({@code int} is any C type
 * of four bytes, {@code long} any of eight, a segment any pointer). So the interface is the one table of what is called.
 *
 * <p>Each method of the class that is made is what one would write by hand, {@code HANDLE.invokeExact(arguments)}, with the handle as a dynamic
 * constant: bound when the method first runs, a constant for the compiler ever after.
 */
public final class Binder {
    private static final Map<Class<?>, MemoryLayout> LAYOUTS = Map.of(
            byte.class, ValueLayout.JAVA_BYTE,
            int.class, ValueLayout.JAVA_INT,
            long.class, ValueLayout.JAVA_LONG,
            float.class, ValueLayout.JAVA_FLOAT,
            double.class, ValueLayout.JAVA_DOUBLE,
            MemorySegment.class, ValueLayout.ADDRESS);

    private static final Lookup LOOKUP = MethodHandles.lookup();
    private static final DirectMethodHandleDesc BOOTSTRAP = ConstantDescs.ofConstantBootstrap(
            Binder.class.describeConstable().orElseThrow(), "handle", ConstantDescs.CD_MethodHandle, ConstantDescs.CD_MethodType);

    private Binder() {}

    /** The C functions of an interface, by name. */
    public static List<Method> functions(Class<?> table) {
        return Stream.of(table.getMethods()).filter(m -> Modifier.isAbstract(m.getModifiers())).toList();
    }

    /** An implementation of {@code table} that calls the functions of {@code symbols}; thread-safe. */
    public static <T> T implement(Class<T> table, Symbols symbols) {
        ClassDesc name = ClassDesc.of(Binder.class.getPackageName(), table.getSimpleName() + "Calls");
        byte[] bytes = ClassFile.of().build(name, c -> {
            c.withFlags(ClassFile.ACC_FINAL).withInterfaceSymbols(table.describeConstable().orElseThrow());
            c.withMethodBody(ConstantDescs.INIT_NAME, ConstantDescs.MTD_void, 0, code -> code.aload(0)
                    .invokespecial(ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                    .return_());
            functions(table).forEach(function -> method(c, function));
        });
        try {
            Lookup made = LOOKUP.defineHiddenClassWithClassData(bytes, symbols, true);
            return table.cast(made.findConstructor(made.lookupClass(), MethodType.methodType(void.class)).invoke());
        } catch (Throwable e) {
            throw new AssertionError("the class of " + table.getName() + " cannot be made", e);
        }
    }

    private static void method(ClassBuilder c, Method function) {
        MethodTypeDesc type = type(function).describeConstable().orElseThrow();
        c.withMethodBody(function.getName(), type, ClassFile.ACC_PUBLIC, code -> {
            code.loadConstant(DynamicConstantDesc.ofNamed(BOOTSTRAP, function.getName(), ConstantDescs.CD_MethodHandle, type));
            int slot = 1;
            for (Class<?> parameter : function.getParameterTypes()) {
                TypeKind kind = TypeKind.from(parameter);
                code.loadLocal(kind, slot);
                slot += kind.slotSize();
            }
            code.invokevirtual(ConstantDescs.CD_MethodHandle, "invokeExact", type).return_(TypeKind.from(function.getReturnType()));
        });
    }

    private static MethodType type(Method function) {
        return MethodType.methodType(function.getReturnType(), function.getParameterTypes());
    }

    /** Bootstrap of the constants: the handle of {@code function}, or one that throws what {@link Symbols#address} threw. */
    static MethodHandle handle(Lookup caller, String function, Class<?> constantType, MethodType type) throws IllegalAccessException {
        Symbols symbols = MethodHandles.classData(caller, ConstantDescs.DEFAULT_NAME, Symbols.class);
        MemorySegment address;
        try {
            address = symbols.address(function);
        } catch (RuntimeException e) {
            MethodHandle thrower = MethodHandles.throwException(type.returnType(), RuntimeException.class).bindTo(e);
            return MethodHandles.dropArguments(thrower, 0, type.parameterList());
        }
        return Linker.nativeLinker().downcallHandle(address, descriptor(type));
    }

    private static FunctionDescriptor descriptor(MethodType type) {
        MemoryLayout[] parameters = type.parameterList().stream().map(Binder::layout).toArray(MemoryLayout[]::new);
        return type.returnType() == void.class
                ? FunctionDescriptor.ofVoid(parameters)
                : FunctionDescriptor.of(layout(type.returnType()), parameters);
    }

    private static MemoryLayout layout(Class<?> type) {
        MemoryLayout layout = LAYOUTS.get(type);
        if (layout == null) {
            throw new AssertionError("a C function cannot take a " + type.getName() + "; expected one of " + LAYOUTS.keySet());
        }
        return layout;
    }
}
