package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.ffi.Cuda;
import donna.ffi.CudaContext;
import donna.ffi.CudaStream;
import donna.ffi.DeviceMemory;
import donna.ffi.KernelArguments;
import donna.ffi.LaunchShape;
import donna.ffi.PinnedMemory;
import donna.kernels.DepthwiseForm;
import donna.kernels.DepthwiseFusion;
import donna.kernels.DepthwiseGrid;
import donna.kernels.DepthwiseProducts;
import donna.kernels.Kernel;
import donna.kernels.KernelFile;
import donna.kernels.Launch;
import donna.kernels.Storage;
import donna.tensor.Activation;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every variant of the depthwise kernels, in every storage, beside sums in double of the numbers as they are stored. */
@ExtendWith(NeedsCudaSimulator.class)
class DepthwiseVariantsTest {
    private static final long SEED = 5;

    private final Arena arena = Arena.ofShared();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Random random = new Random(SEED);
    private CudaContext context;
    private CudaStream stream;
    private KernelCache kernels;

    @BeforeEach
    void open() {
        CudaSimulator.clear();
        context = Cuda.open(new CudaSimulator()).devices().getFirst().open();
        kernels = new KernelCache(new CudaSimulator(), context, 90, new DiskCache());
        stream = context.stream();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable o : open) {
            o.close();
        }
        stream.close();
        kernels.close();
        context.close();
        arena.close();
        assertEquals(List.of(), CudaSimulator.findings());
    }

    /** A convolution that keeps the size but for the stride. */
    private record Geometry(int samples, int height, int width, int channels, int side, int stride) {
        int padding() {
            return side / 2;
        }

        int outHeight() {
            return (height - 1) / stride + 1;
        }

        int outWidth() {
            return (width - 1) / stride + 1;
        }
    }

    private static float stored(Storage storage, float v) {
        return switch (storage) {
            case F32 -> v;
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(v));
            case BF16 -> Float.intBitsToFloat(Float.floatToRawIntBits(v) & 0xffff0000);
        };
    }

    private static float nearest(Storage storage, float v) {
        int bits = Float.floatToRawIntBits(v);
        return storage == Storage.F16 ? stored(storage, v) : Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
    }

    private float[] numbers(int count, Storage storage) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = stored(storage, (float) random.nextGaussian());
        }
        return numbers;
    }

    private DeviceMemory onCard(float[] numbers, Storage storage) {
        PinnedMemory host = context.pinned(4L * numbers.length);
        DeviceMemory memory = context.allocate((long) storage.bytes() * numbers.length);
        open.add(host);
        open.add(memory);
        for (int i = 0; i < numbers.length; i++) {
            switch (storage) {
                case F32 -> host.segment().setAtIndex(ValueLayout.JAVA_FLOAT, i, numbers[i]);
                case F16 -> host.segment().setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(numbers[i]));
                case BF16 -> host.segment().setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(numbers[i]) >>> 16));
            }
        }
        stream.upload(memory.pointer(), host.segment(), memory.bytes());
        return memory;
    }

    private double[] numbersOf(DeviceMemory memory, Storage storage) {
        PinnedMemory host = context.pinned(memory.bytes());
        open.add(host);
        stream.download(host.segment(), memory.pointer(), memory.bytes());
        stream.synchronize();
        double[] numbers = new double[Math.toIntExact(memory.bytes() / storage.bytes())];
        Arrays.setAll(numbers, i -> switch (storage) {
            case F32 -> host.segment().getAtIndex(ValueLayout.JAVA_FLOAT, i);
            case F16 -> Float.float16ToFloat(host.segment().getAtIndex(ValueLayout.JAVA_SHORT, i));
            case BF16 -> Float.intBitsToFloat(host.segment().getAtIndex(ValueLayout.JAVA_SHORT, i) << 16);
        });
        return numbers;
    }

    private void check(String what, double[] expected, DeviceMemory actual, Storage storage) {
        check(what, expected, actual, storage, storage == Storage.F32 ? 0x1p-17 : storage == Storage.F16 ? 0x1p-10 : 0x1p-8);
    }

    private void check(String what, double[] expected, DeviceMemory actual, Storage storage, double ulp) {
        double[] numbers = numbersOf(actual, storage);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], numbers[i], ulp * Math.max(1, Math.abs(expected[i])), what + ", element " + i + ", seed " + SEED);
        }
    }

    private void launch(Kernel kernel, Storage storage, List<String> macros, Launch l, Number... values) {
        KernelArguments arguments = new KernelArguments(arena, values.length);
        for (int i = 0; i < values.length; i++) {
            if (values[i] instanceof Long pointer) {
                arguments.set(i, pointer.longValue());
            } else {
                arguments.set(i, values[i].intValue());
            }
        }
        stream.launch(kernels.function(kernel, storage, macros), new LaunchShape(l.gridX(), l.gridY(), l.gridZ(), l.blockX(), l.blockY(), 1, 0), arguments);
    }

    /** What is done with a tap: the numbers of src, of dst and of weight that meet. */
    private interface Meeting {
        void at(int src, int dst, int tap);
    }

    private static void meetings(Geometry g, Meeting meeting) {
        for (int n = 0; n < g.samples; n++) {
            for (int y = 0; y < g.outHeight(); y++) {
                for (int x = 0; x < g.outWidth(); x++) {
                    for (int t = 0; t < g.side * g.side; t++) {
                        int sy = y * g.stride - g.padding() + t / g.side;
                        int sx = x * g.stride - g.padding() + t % g.side;
                        for (int c = 0; c < g.channels && sy >= 0 && sy < g.height && sx >= 0 && sx < g.width; c++) {
                            meeting.at(((n * g.height + sy) * g.width + sx) * g.channels + c,
                                    ((n * g.outHeight() + y) * g.outWidth() + x) * g.channels + c, c * g.side * g.side + t);
                        }
                    }
                }
            }
        }
    }

    /** What the passes over src, or over dst as a gradient, give. */
    private record Passes(double[] forward, double[] backwardData, double[] backwardWeight) {
        static Passes of(Geometry g, float[] src, float[] dst, float[] weight) {
            Passes p = new Passes(new double[dst.length], new double[src.length], new double[weight.length]);
            meetings(g, (s, d, t) -> {
                p.forward[d] += (double) src[s] * weight[t];
                p.backwardData[s] += (double) dst[d] * weight[t];
                p.backwardWeight[t] += (double) src[s] * dst[d];
            });
            return p;
        }
    }

    private void everyForm(Geometry g, Storage storage) {
        float[] src = numbers(g.samples * g.height * g.width * g.channels, storage);
        float[] dst = numbers(g.samples * g.outHeight() * g.outWidth() * g.channels, storage);
        float[] weight = numbers(g.channels * g.side * g.side, Storage.F32);
        Passes expected = Passes.of(g, src, dst, weight);
        long srcAt = onCard(src, storage).pointer();
        long dstAt = onCard(dst, storage).pointer();
        long weightAt = onCard(weight, Storage.F32).pointer();
        int oh = g.outHeight();
        int ow = g.outWidth();
        for (DepthwiseForm f : DepthwiseForm.forms(KernelFile.DEPTHWISE_STRIPS, storage, g.side, g.stride, g.channels)) {
            DepthwiseGrid grid = DepthwiseGrid.of(f, storage, g.samples, g.channels, oh, ow);
            DeviceMemory out = onCard(new float[dst.length], storage);
            launch(Kernel.DEPTHWISE_STRIPS, storage, f.macros(), grid.launch(), srcAt, weightAt, 0L, out.pointer(), 0L, 0, g.height, g.width, g.channels, oh, ow,
                    g.padding(), grid.rows(), grid.tiles(), grid.strips(), grid.bands(), grid.samples());
            check("forward " + g + " " + f + " " + storage, expected.forward, out, storage);
            if (g.stride == 1) {
                launch(Kernel.DEPTHWISE_STRIPS, storage, f.macros(), grid.launch(), dstAt, weightAt, 0L, out.pointer(), 0L, 1, oh, ow, g.channels,
                        g.height, g.width, g.side - 1 - g.padding(), grid.rows(), grid.tiles(), grid.strips(), grid.bands(), grid.samples());
                check("backward data " + g + " " + f + " " + storage, expected.backwardData, out, storage);
            }
        }
        int odd = g.padding() % 2;
        for (DepthwiseForm f : DepthwiseForm.forms(KernelFile.DEPTHWISE_SPREAD, storage, g.side, g.stride, g.channels)) {
            DepthwiseGrid grid = DepthwiseGrid.of(f, storage, g.samples, g.channels, (g.height + odd + 1) / 2, g.width + odd);
            DeviceMemory out = onCard(new float[src.length], storage);
            launch(Kernel.DEPTHWISE_SPREAD, storage, f.macros(), grid.launch(), dstAt, weightAt, out.pointer(), g.height, g.width, g.channels, oh, ow,
                    g.padding(), grid.rows(), grid.tiles(), grid.strips(), grid.bands(), grid.samples());
            check("backward data " + g + " " + f + " " + storage, expected.backwardData, out, storage);
        }
        for (DepthwiseForm f : DepthwiseForm.forms(KernelFile.DEPTHWISE_TAPS, storage, g.side, g.stride, g.channels)) {
            DepthwiseGrid grid = DepthwiseGrid.of(f, storage, g.samples, g.channels, oh, ow);
            DeviceMemory out = onCard(new float[weight.length], Storage.F32);
            DeviceMemory partial = onCard(new float[weight.length * grid.chunks()], Storage.F32);
            launch(Kernel.DEPTHWISE_TAPS, storage, f.macros(), grid.launchChunks(), srcAt, dstAt, partial.pointer(), g.height, g.width, g.channels, oh, ow,
                    g.padding(), grid.rows(), grid.tiles(), grid.strips(), grid.bands(), grid.samples(), grid.chunks());
            launch(Kernel.DEPTHWISE_SUM_TAPS, Storage.F32, List.of(), DepthwiseGrid.sumTaps(g.channels, g.side * g.side), partial.pointer(), out.pointer(),
                    g.channels, grid.chunks());
            check("backward weight " + g + " " + f + " " + storage, expected.backwardWeight, out, Storage.F32);
        }
    }

    @ParameterizedTest
    @EnumSource(Storage.class)
    void everyVariantAddsUpWhatMeets(Storage storage) {
        for (int side : new int[] {3, 5, 7}) {
            for (int stride : new int[] {1, 2}) {
                everyForm(new Geometry(2, 9, 10, 12, side, stride), storage);
                everyForm(new Geometry(2, 9, 10, 5, side, stride), storage);
            }
        }
    }

    /** Of what a batch norm with activation {@code before} makes of src, unless that is {@link DepthwiseFusion#RAW}. */
    private void onTensorCores(Geometry g, Storage storage, int before) {
        float[] given = numbers(g.samples * g.height * g.width * g.channels, storage);
        float[][] norm = {numbers(g.channels, Storage.F32), numbers(g.channels, Storage.F32), numbers(g.channels, Storage.F32), numbers(g.channels, Storage.F32)};
        float[] src = given.clone();
        for (int i = 0; i < src.length && before != DepthwiseFusion.RAW; i++) {
            int c = i % g.channels;
            double v = (double) norm[0][c] * norm[3][c] * (given[i] - norm[2][c]) + norm[1][c];
            src[i] = nearest(storage, (float) Math.clamp(v, 0, 6));
        }
        Long[] normAt = new Long[norm.length];
        for (int i = 0; i < norm.length; i++) {
            normAt[i] = before == DepthwiseFusion.RAW ? 0L : onCard(norm[i], Storage.F32).pointer();
        }
        float[] dst = numbers(src.length, storage);
        float[] weight = numbers(g.channels * g.side * g.side, storage);
        Passes expected = Passes.of(g, src, dst, weight);
        String what = g + " " + storage + ", before " + before;
        long srcAt = onCard(given, storage).pointer();
        long dstAt = onCard(dst, storage).pointer();
        long weightAt = onCard(weight, Storage.F32).pointer();
        DepthwiseProducts bands = DepthwiseProducts.bands(g.side, g.samples, g.channels, g.width, g.height, g.width);
        DeviceMemory out = onCard(new float[dst.length], storage);
        DeviceMemory moments = onCard(new float[(1 + 2 * bands.blocks()) * g.channels], Storage.F32);
        launch(Kernel.DEPTHWISE_BANDS, storage, bands.macros(new DepthwiseFusion(before, DepthwiseFusion.RAW, true)), bands.launch(), srcAt, normAt[0],
                normAt[1], normAt[2], normAt[3], weightAt, 0L, out.pointer(), moments.pointer(), 0, g.height, g.width, g.channels, g.height, g.width,
                g.padding(), bands.rows(), bands.tiles(), bands.strips(), bands.bands(), g.samples);
        // A number that is rounded the other way before is off by as much.
        check("forward " + what, expected.forward, out, storage, (before == DepthwiseFusion.RAW ? 1 : 4) * (storage == Storage.F16 ? 0x1p-10 : 0x1p-8));
        checkMoments("moments " + what, g, numbersOf(out, storage), numbersOf(moments, Storage.F32), bands.blocks());
        launch(Kernel.DEPTHWISE_BANDS, storage, bands.macros(DepthwiseFusion.NONE), bands.launch(), dstAt, 0L, 0L, 0L, 0L, weightAt, 0L,
                out.pointer(), 0L, 1, g.height, g.width, g.channels, g.height, g.width, g.side - 1 - g.padding(), bands.rows(), bands.tiles(), bands.strips(), bands.bands(), g.samples);
        check("backward data " + what, expected.backwardData, out, storage);
        DepthwiseProducts diagonals = DepthwiseProducts.diagonals(g.side, g.samples, g.channels, g.height, g.width);
        DeviceMemory sums = onCard(new float[weight.length], Storage.F32);
        DeviceMemory partial = onCard(new float[weight.length * diagonals.blocks()], Storage.F32);
        launch(Kernel.DEPTHWISE_DIAGONALS, storage, diagonals.macros(before), diagonals.launch(), srcAt, normAt[0], normAt[1], normAt[2], normAt[3], dstAt,
                partial.pointer(), g.height, g.width, g.channels, g.height, g.width, g.padding(), diagonals.rows(), diagonals.tiles(), diagonals.strips(),
                diagonals.bands(), g.samples);
        launch(Kernel.DEPTHWISE_SUM_TAPS, Storage.F32, List.of(), DepthwiseGrid.sumTaps(g.channels, g.side * g.side), partial.pointer(), sums.pointer(),
                g.channels, diagonals.blocks());
        double each = before == DepthwiseFusion.RAW ? 0x1p-20 : storage == Storage.F16 ? 0x1p-12 : 0x1p-9;
        check("backward weight " + what, expected.backwardWeight, sums, Storage.F32, each * Math.sqrt(g.samples * g.height * g.width));
    }

    /** The sums of all parts, beside those of what is stored. */
    private static void checkMoments(String what, Geometry g, double[] stored, double[] moments, int parts) {
        for (int c = 0; c < g.channels; c++) {
            double shift = moments[c];
            double sum = 0;
            double squares = 0;
            for (int i = c; i < stored.length; i += g.channels) {
                sum += stored[i] - shift;
                squares += (stored[i] - shift) * (stored[i] - shift);
            }
            for (int part = 0; part < parts; part++) {
                sum -= moments[(1 + 2 * part) * g.channels + c];
                squares -= moments[(2 + 2 * part) * g.channels + c];
            }
            double size = stored.length / g.channels;
            assertEquals(0, sum / size, 1e-4, what + ", sum of channel " + c + ", seed " + SEED);
            assertEquals(0, squares / size, 1e-3, what + ", squares of channel " + c + ", seed " + SEED);
        }
    }

    @ParameterizedTest
    @EnumSource(value = Storage.class, mode = EnumSource.Mode.EXCLUDE, names = "F32")
    void productsAddUpWhatMeets(Storage storage) {
        for (int side : new int[] {5, 7}) {
            onTensorCores(new Geometry(9, 9, 10, 24, side, 1), storage, DepthwiseFusion.RAW);
            onTensorCores(new Geometry(17, 7, 7, 8, side, 1), storage, DepthwiseFusion.RAW);
            onTensorCores(new Geometry(8, 4 * side + 1, 17, 8, side, 1), storage, DepthwiseFusion.RAW);
            onTensorCores(new Geometry(9, 9, 10, 24, side, 1), storage, Activation.RELU6.ordinal());
        }
        onTensorCores(new Geometry(8, 6, 17, 8, 5, 1), storage, Activation.RELU6.ordinal());
    }
}
