package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.ffi.Cuda;
import donna.ffi.CudaContext;
import donna.ffi.CudaStream;
import donna.ffi.DeviceMemory;
import donna.ffi.KernelArguments;
import donna.ffi.LaunchShape;
import donna.ffi.PinnedMemory;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Storage;
import donna.testkit.cuda.CudaSimulator;
import donna.testkit.cuda.NeedsCudaSimulator;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is stored in 16 bits is the nearest number there is, ties to even, eight at a time and alone; and what is read again is exactly that. */
@ExtendWith(NeedsCudaSimulator.class)
class StorageTest {
    private static final long SEED = 7;

    /** Every sign and exponent, with mantissas that lie on, beside and half-way between what 16 bits hold. */
    private static float[] numbers() {
        List<Float> all = new ArrayList<>();
        Random random = new Random(SEED);
        for (int high = 0; high < 1 << 9; high++) {
            for (int mantissa : new int[] {0, 1, 0x8000, 0x7fff, 0x8001, 0x18000, 0x1000, 0xfff, 0x1001, 0x3000, 0x7fffff, random.nextInt(1 << 23)}) {
                all.add(Float.intBitsToFloat(high << 23 | mantissa));
            }
        }
        all.add(1.5f);
        float[] numbers = new float[all.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = all.get(i);
        }
        return numbers;
    }

    /** The top 16 bits of a float, chosen among the two neighbours by distance, in double. */
    private static float nearestBfloat(float v) {
        if (Float.isNaN(v) || Float.isInfinite(v)) {
            return v;
        }
        int down = Float.floatToRawIntBits(v) & 0xffff0000;
        double below = Float.intBitsToFloat(down);
        double above = Math.copySign(Math.abs(below) + Math.ulp(Float.intBitsToFloat(down & 0x7f800000)) * 0x1p16, v);
        double toBelow = Math.abs(v - below);
        double toAbove = Math.abs(above - v);
        boolean up = toAbove < toBelow || toAbove == toBelow && (down >> 16 & 1) == 1;
        return up ? (float) above : (float) below;
    }

    private static float nearest(Storage storage, float v) {
        return switch (storage) {
            case F32 -> v;
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(v));
            case BF16 -> nearestBfloat(v);
        };
    }

    private static void launch(CudaStream stream, KernelCache kernels, Kernel kernel, Storage storage, Arena arena, long src, long dst, int count) {
        KernelArguments arguments = new KernelArguments(arena, 3).set(0, src).set(1, dst).set(2, count);
        stream.launch(kernels.function(kernel, storage, List.of()), LaunchShape.linear(Launch.eights(count).gridX(), Launch.BLOCK), arguments);
    }

    @ParameterizedTest
    @EnumSource(Storage.class)
    void everyNumberBecomesTheNearest(Storage storage) {
        float[] numbers = numbers();
        int count = numbers.length;
        CudaSimulator.clear();
        try (Arena arena = Arena.ofShared();
                CudaContext context = Cuda.open(new CudaSimulator()).devices().getFirst().open();
                KernelCache kernels = new KernelCache(new CudaSimulator(), context, 90, new DiskCache());
                CudaStream stream = context.stream();
                PinnedMemory host = context.pinned(4L * count);
                DeviceMemory src = context.allocate(4L * count);
                DeviceMemory stored = context.allocate((long) storage.bytes() * count);
                DeviceMemory back = context.allocate(4L * count)) {
            host.segment().copyFrom(MemorySegment.ofArray(numbers));
            stream.upload(src.pointer(), host.segment(), 4L * count);
            launch(stream, kernels, Kernel.TO_STORED, storage, arena, src.pointer(), stored.pointer(), count);
            launch(stream, kernels, Kernel.TO_FLOAT, storage, arena, stored.pointer(), back.pointer(), count);
            stream.download(host.segment(), back.pointer(), 4L * count);
            stream.synchronize();
            for (int i = 0; i < count; i++) {
                float actual = host.segment().getAtIndex(ValueLayout.JAVA_FLOAT, i);
                assertEquals(nearest(storage, numbers[i]), actual, () -> "seed " + SEED + ": " + storage);
            }
        }
        assertEquals(List.of(), CudaSimulator.findings());
    }

    @Test
    void olderCardsHaveNoBfloat() {
        assertEquals(List.of(Storage.F32, Storage.F16), List.of(Storage.values()).stream().filter(s -> s.isOn(75)).toList());
        assertEquals(List.of(Storage.values()), List.of(Storage.values()).stream().filter(s -> s.isOn(80)).toList());
    }
}
