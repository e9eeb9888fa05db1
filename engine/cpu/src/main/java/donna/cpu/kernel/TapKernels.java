package donna.cpu.kernel;

import static donna.cpu.kernel.Lanes.BYTES;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Makes the inner loops of depthwise passes: a method for each {@link TileShape}, in which every output, weight and sum is a
 * variable of its own, so that they stay in registers, each source pixel is loaded once for all taps that meet in it, and
 * pixels outside the row cost nothing. Registers have no index: in source code this would be a method for each shape.
 * Loops end at an address; one that counts would be unrolled, and its loads would push the sums out of the registers.
 */
final class TapKernels {
    private static final ClassDesc VECTOR = desc(FloatVector.class);
    private static final ClassDesc SEGMENT = desc(MemorySegment.class);
    private static final ClassDesc SPECIES = desc(VectorSpecies.class);
    private static final ClassDesc ORDER = desc(ByteOrder.class);
    private static final ClassDesc LANES = desc(Lanes.class);
    private static final ClassDesc ANY = desc(Vector.class);
    private static final ClassDesc KERNEL = ClassDesc.of(TapKernels.class.getPackageName(), "TapKernel");

    /** Sums that are added to in turn: fewer would wait for each other. */
    private static final int CHAINS = 7;

    private static final Map<TileShape, TapProduct> PRODUCTS = new ConcurrentHashMap<>();
    private static final Map<TileShape, TapSum> SUMS = new ConcurrentHashMap<>();

    private final CodeBuilder code;

    private TapKernels(CodeBuilder code) {
        this.code = code;
    }

    /** Thread-safe; one for each shape in the process. */
    static TapProduct product(TileShape shape) {
        return PRODUCTS.computeIfAbsent(shape, s -> make(TapProduct.class, code -> new TapKernels(code).writeProduct(s)));
    }

    /** Thread-safe; one for each shape in the process. */
    static TapSum sum(TileShape shape) {
        return SUMS.computeIfAbsent(shape, s -> make(TapSum.class, code -> new TapKernels(code).writeSum(s)));
    }

    private static ClassDesc desc(Class<?> c) {
        return c.describeConstable().orElseThrow();
    }

    /** An instance of a new class with the only method of {@code type}. */
    private static <T> T make(Class<T> type, Consumer<CodeBuilder> body) {
        var method = type.getDeclaredMethods()[0];
        MethodTypeDesc signature = MethodType.methodType(method.getReturnType(), method.getParameterTypes())
                .describeConstable()
                .orElseThrow();
        byte[] bytes = ClassFile.of().build(KERNEL, c -> c.withFlags(ClassFile.ACC_FINAL)
                .withInterfaceSymbols(desc(type))
                .withMethodBody(ConstantDescs.INIT_NAME, ConstantDescs.MTD_void, ClassFile.ACC_PUBLIC, code -> code.aload(0)
                        .invokespecial(ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void)
                        .return_())
                .withMethodBody(method.getName(), signature, ClassFile.ACC_PUBLIC, body));
        try {
            MethodHandles.Lookup made = MethodHandles.lookup().defineHiddenClass(bytes, true);
            return type.cast(made.findConstructor(made.lookupClass(), MethodType.methodType(void.class)).invoke());
        } catch (Throwable e) {
            throw new IllegalStateException("no kernel for a depthwise pass: " + e.getMessage(), e);
        }
    }

    private void writeProduct(TileShape shape) {
        int src = code.parameterSlot(0);
        int s = code.parameterSlot(1);
        int srcStep = code.parameterSlot(2);
        int tapStep = code.parameterSlot(3);
        int weight = code.parameterSlot(4);
        int w = code.parameterSlot(5);
        int wEnd = code.parameterSlot(6);
        int dst = code.parameterSlot(7);
        int d = code.parameterSlot(8);
        int dStep = code.parameterSlot(9);
        int dEnd = code.parameterSlot(10);
        int p = code.allocateLocal(TypeKind.LONG);
        int q = code.allocateLocal(TypeKind.LONG);
        int[] outputs = locals(shape.outputs());
        int[] weights = locals(shape.taps());
        int pixel = locals(1)[0];
        until(d, dEnd, () -> {
            for (int o : outputs) {
                zero(o);
            }
            copy(s, p);
            copy(w, q);
            until(q, wEnd, () -> {
                for (int t = 0; t < weights.length; t++) {
                    load(weight, q, t, weights[t]);
                }
                for (Reads r : reads(shape)) {
                    load(src, p, r.pixel, pixel);
                    r.uses.forEach(u -> fma(pixel, weights[u.tap], outputs[u.output]));
                }
                place(q, weights.length);
                code.lstore(q);
                advance(p, tapStep);
            });
            for (int i = 0; i < outputs.length; i++) {
                store(outputs[i], dst, d, i * shape.dstStep());
            }
            advance(s, srcStep);
            advance(d, dStep);
        });
        code.return_();
    }

    private void writeSum(TileShape shape) {
        int src = code.parameterSlot(0);
        int s = code.parameterSlot(1);
        int srcStep = code.parameterSlot(2);
        int dDst = code.parameterSlot(3);
        int g = code.parameterSlot(4);
        int gStep = code.parameterSlot(5);
        int gEnd = code.parameterSlot(6);
        int sum = code.parameterSlot(7);
        int a = code.parameterSlot(8);
        int chains = Math.max(1, (CHAINS + shape.taps() - 1) / shape.taps());
        int[] sums = locals(shape.taps());
        int[][] more = IntStream.range(1, chains).mapToObj(i -> locals(shape.taps())).toArray(int[][]::new);
        int[] gradients = locals(shape.outputs());
        int pixel = locals(1)[0];
        for (int t = 0; t < sums.length; t++) {
            load(sum, a, t, sums[t]);
            for (int[] m : more) {
                zero(m[t]);
            }
        }
        until(g, gEnd, () -> {
            int loaded = 0;
            for (Reads r : reads(shape)) {
                load(src, s, r.pixel, pixel);
                for (Use u : r.uses) {
                    for (; loaded <= u.output; loaded++) {
                        load(dDst, g, loaded, gradients[loaded]);
                    }
                    int chain = u.output % chains;
                    fma(pixel, gradients[u.output], chain == 0 ? sums[u.tap] : more[chain - 1][u.tap]);
                }
            }
            advance(s, srcStep);
            advance(g, gStep);
        });
        for (int t = 0; t < sums.length; t++) {
            for (int[] m : more) {
                code.aload(sums[t]).aload(m[t]).invokevirtual(VECTOR, "add", MethodTypeDesc.of(VECTOR, ANY)).astore(sums[t]);
            }
            store(sums[t], sum, a, t);
        }
        code.return_();
    }

    /** A tap of an output. */
    private record Use(int output, int tap) {}

    /** A source pixel and all that reads it. */
    private record Reads(int pixel, List<Use> uses) {}

    /** In the order of the pixels. */
    private static List<Reads> reads(TileShape shape) {
        List<Reads> all = new ArrayList<>();
        for (int x = shape.low(); x < shape.high(); x++) {
            List<Use> uses = new ArrayList<>();
            for (int o = 0; o < shape.outputs(); o++) {
                for (int t = 0; t < shape.taps(); t++) {
                    if (shape.pixel(o, t) == x) {
                        uses.add(new Use(o, t));
                    }
                }
            }
            if (!uses.isEmpty()) {
                all.add(new Reads(x, uses));
            }
        }
        return all;
    }

    private int[] locals(int count) {
        return IntStream.range(0, count).map(i -> code.allocateLocal(TypeKind.REFERENCE)).toArray();
    }

    /** Repeats {@code body} while the first variable differs from the second. */
    private void until(int variable, int end, Runnable body) {
        Label again = code.newLabel();
        Label done = code.newLabel();
        code.labelBinding(again).lload(variable).lload(end).lcmp().ifeq(done);
        body.run();
        code.goto_(again).labelBinding(done);
    }

    private void zero(int vector) {
        code.getstatic(LANES, "SPECIES", SPECIES).invokestatic(VECTOR, "zero", MethodTypeDesc.of(VECTOR, SPECIES)).astore(vector);
    }

    private void load(int segment, int at, int vectors, int to) {
        code.getstatic(LANES, "SPECIES", SPECIES).aload(segment);
        place(at, vectors);
        code.getstatic(LANES, "ORDER", ORDER)
                .invokestatic(VECTOR, "fromMemorySegment", MethodTypeDesc.of(VECTOR, SPECIES, SEGMENT, CD_long, ORDER))
                .astore(to);
    }

    private void store(int vector, int segment, int at, int vectors) {
        code.aload(vector).aload(segment);
        place(at, vectors);
        code.getstatic(LANES, "ORDER", ORDER)
                .invokevirtual(VECTOR, "intoMemorySegment", MethodTypeDesc.of(CD_void, SEGMENT, CD_long, ORDER));
    }

    private void place(int at, int vectors) {
        code.lload(at);
        if (vectors != 0) {
            code.loadConstant((long) vectors * BYTES).ladd();
        }
    }

    /** {@code sum += a * b}. */
    private void fma(int a, int b, int sum) {
        code.aload(a).aload(b).aload(sum).invokevirtual(VECTOR, "fma", MethodTypeDesc.of(VECTOR, ANY, ANY)).astore(sum);
    }

    private void copy(int from, int to) {
        code.lload(from).lstore(to);
    }

    private void advance(int variable, int step) {
        code.lload(variable).lload(step).ladd().lstore(variable);
    }
}
