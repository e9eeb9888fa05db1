package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import donna.ffi.WholeMemory;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteOrder;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Writes a method of vector arithmetic in which every vector is a variable of its own, so that it stays in a register.
 * Registers have no index: in source code this would be a method for each shape. Loops end at an address; one that counts would
 * be unrolled, and its loads would push the sums out of the registers. Places are addresses in {@link WholeMemory}, once
 * {@link #within} has made them of what lies in an argument: checks of bounds would be a third of what a loop does.
 */
final class VectorCode {
    private static final ClassDesc VECTOR = desc(FloatVector.class);
    private static final ClassDesc SEGMENT = desc(MemorySegment.class);
    private static final ClassDesc SPECIES = desc(VectorSpecies.class);
    private static final ClassDesc ORDER = desc(ByteOrder.class);
    private static final ClassDesc LANES = desc(Lanes.class);
    private static final ClassDesc ANY = desc(Vector.class);
    private static final ClassDesc LAYOUTS = desc(ValueLayout.class);
    private static final ClassDesc FLOATS = desc(ValueLayout.OfFloat.class);
    private static final ClassDesc MATH = desc(Math.class);
    private static final ClassDesc WHOLE = desc(WholeMemory.class);
    private static final ClassDesc KERNEL = ClassDesc.of(VectorCode.class.getPackageName(), "VectorKernel");

    private final CodeBuilder code;

    private VectorCode(CodeBuilder code) {
        this.code = code;
    }

    private static ClassDesc desc(Class<?> c) {
        return c.describeConstable().orElseThrow();
    }

    /** An instance of a new class with the only method of {@code type}, which returns nothing. */
    static <T> T make(Class<T> type, Consumer<VectorCode> body) {
        var method = type.getDeclaredMethods()[0];
        MethodTypeDesc signature = MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                .describeConstable()
                .orElseThrow();
        byte[] bytes = ClassFile.of().build(KERNEL, c -> c.withFlags(ClassFile.ACC_FINAL)
                .withInterfaceSymbols(desc(type))
                .withMethodBody(ConstantDescs.INIT_NAME, ConstantDescs.MTD_void, ClassFile.ACC_PUBLIC, code -> code.aload(0)
                        .invokespecial(ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                        .return_())
                .withMethodBody(method.getName(), signature, ClassFile.ACC_PUBLIC, code -> {
                    body.accept(new VectorCode(code));
                    code.return_();
                }));
        try {
            MethodHandles.Lookup made = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return type.cast(made.findConstructor(made.lookupClass(), MethodType.methodType(void.class)).invoke());
        } catch (Throwable e) {
            throw new IllegalStateException("no vector kernel of kind " + type.getSimpleName() + ": " + e.getMessage(), e);
        }
    }

    /** The variable of the method's {@code i}th argument. */
    int argument(int i) {
        return code.parameterSlot(i);
    }

    /** A new variable for a place. */
    int place() {
        return code.allocateLocal(TypeKind.LONG);
    }

    /** New variables for vectors. */
    int[] vectors(int count) {
        return IntStream.range(0, count).map(i -> vector()).toArray();
    }

    /** A new variable for a vector. */
    int vector() {
        return code.allocateLocal(TypeKind.REFERENCE);
    }

    /** Repeats {@code body} while the first place differs from the second. */
    void until(int variable, int end, Runnable body) {
        Label again = code.newLabel();
        Label done = code.newLabel();
        code.labelBinding(again).lload(variable).lload(end).lcmp().ifeq(done);
        body.run();
        code.goto_(again).labelBinding(done);
    }

    /** Makes addresses of places that are bytes in the segment of an argument, which has to be native and open. */
    void within(int segment, int... places) {
        int base = place();
        code.aload(segment).invokestatic(LANES, "address", MethodTypeDesc.of(CD_long, SEGMENT)).lstore(base);
        for (int p : places) {
            sum(p, base, p);
        }
    }

    void zero(int vector) {
        code.getstatic(LANES, "SPECIES", SPECIES).invokestatic(VECTOR, "zero", MethodTypeDesc.of(VECTOR, SPECIES)).astore(vector);
    }

    /** Loads what lies {@code vectors} vectors behind {@code at}. */
    void load(int at, int vectors, int to) {
        code.getstatic(LANES, "SPECIES", SPECIES).getstatic(WHOLE, "SEGMENT", SEGMENT);
        behind(at, (long) vectors * BYTES);
        code.getstatic(LANES, "ORDER", ORDER)
                .invokestatic(VECTOR, "fromMemorySegment", MethodTypeDesc.of(VECTOR, SPECIES, SEGMENT, CD_long, ORDER))
                .astore(to);
    }

    /** Stores {@code vectors} vectors behind {@code at}. */
    void store(int vector, int at, int vectors) {
        code.aload(vector).getstatic(WHOLE, "SEGMENT", SEGMENT);
        behind(at, (long) vectors * BYTES);
        code.getstatic(LANES, "ORDER", ORDER)
                .invokevirtual(VECTOR, "intoMemorySegment", MethodTypeDesc.of(CD_void, SEGMENT, CD_long, ORDER));
    }

    /** {@code to = at}, of which the compiler then knows that it is an address. */
    void address(int at, int to) {
        code.lload(at).loadConstant(WholeMemory.ADDRESS).land().lstore(to);
    }

    /** All lanes become the number that lies {@code bytes} behind {@code at}, which is best known to be an {@link #address}. */
    void broadcast(int at, long bytes, int to) {
        code.getstatic(LANES, "SPECIES", SPECIES).getstatic(WHOLE, "SEGMENT", SEGMENT).getstatic(LAYOUTS, "JAVA_FLOAT_UNALIGNED", FLOATS);
        behind(at, bytes);
        code.invokeinterface(SEGMENT, "get", MethodTypeDesc.of(CD_float, FLOATS, CD_long))
                .invokestatic(VECTOR, "broadcast", MethodTypeDesc.of(VECTOR, SPECIES, CD_float))
                .astore(to);
    }

    private void behind(int at, long bytes) {
        code.lload(at);
        if (bytes != 0) {
            code.loadConstant(bytes).ladd();
        }
    }

    /** {@code sum += a * b}. */
    void fma(int a, int b, int sum) {
        code.aload(a).aload(b).aload(sum).invokevirtual(VECTOR, "fma", MethodTypeDesc.of(VECTOR, ANY, ANY)).astore(sum);
    }

    /** {@code sum += a}. */
    void add(int a, int sum) {
        code.aload(sum).aload(a).invokevirtual(VECTOR, "add", MethodTypeDesc.of(VECTOR, ANY)).astore(sum);
    }

    /** {@code sum -= a}. */
    void subtract(int a, int sum) {
        code.aload(sum).aload(a).invokevirtual(VECTOR, "sub", MethodTypeDesc.of(VECTOR, ANY)).astore(sum);
    }

    /** {@code to = a * b}. */
    void multiply(int a, int b, int to) {
        code.aload(a).aload(b).invokevirtual(VECTOR, "mul", MethodTypeDesc.of(VECTOR, ANY)).astore(to);
    }

    /** {@code to = -a}. */
    void negate(int a, int to) {
        code.aload(a).invokevirtual(VECTOR, "neg", MethodTypeDesc.of(VECTOR)).astore(to);
    }

    /** {@code to = a} for vectors. */
    void copyVector(int a, int to) {
        code.aload(a).astore(to);
    }

    /** All lanes become {@code number}. */
    void constant(float number, int to) {
        code.getstatic(LANES, "SPECIES", SPECIES).loadConstant(number)
                .invokestatic(VECTOR, "broadcast", MethodTypeDesc.of(VECTOR, SPECIES, CD_float))
                .astore(to);
    }

    /** {@code place = 0}. */
    void none(int place) {
        code.lconst_0().lstore(place);
    }

    /** {@code to = from} for places. */
    void copy(int from, int to) {
        code.lload(from).lstore(to);
    }

    /** {@code place += step} for a variable. */
    void advance(int place, int step) {
        code.lload(place).lload(step).ladd().lstore(place);
    }

    /** {@code place += bytes}. */
    void advanceBy(int place, long bytes) {
        code.lload(place).loadConstant(bytes).ladd().lstore(place);
    }

    /** {@code to = a + b} for places. */
    void sum(int a, int b, int to) {
        code.lload(a).lload(b).ladd().lstore(to);
    }

    /** {@code to} becomes what lies {@code bytes} behind {@code from}, but at most {@code end}. */
    void behind(int from, long bytes, int end, int to) {
        code.lload(from).loadConstant(bytes).ladd().lload(end).invokestatic(MATH, "min", MethodTypeDesc.of(CD_long, CD_long, CD_long)).lstore(to);
    }
}
