package donna.bench.gpu;

import donna.bench.Table;
import donna.ffi.Cuda;
import donna.ffi.CudaBindings;
import donna.ffi.CudaContext;
import donna.ffi.CudaEvent;
import donna.ffi.CudaFunction;
import donna.ffi.CudaModule;
import donna.ffi.CudaStream;
import donna.ffi.DeviceMemory;
import donna.ffi.KernelArguments;
import donna.ffi.KernelCompiler;
import donna.ffi.LaunchShape;
import donna.kernels.DepthwiseForm;
import donna.kernels.DepthwiseFusion;
import donna.kernels.DepthwiseGrid;
import donna.kernels.DepthwiseProducts;
import donna.kernels.Kernel;
import donna.kernels.KernelFile;
import donna.kernels.Launch;
import donna.kernels.Storage;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How long do the depthwise kernels take beside the time that their bytes take, in the layers of MobileNetV2 and EfficientNet-B0 at 224 pixels; and which share
 * of a thread and which number of threads is the fastest? Activations are bfloats where the card has them, else halves; a launch finds none of its data in the
 * caches. And how long on tensor cores, where the engine takes them?
 */
final class DepthwiseTimes {
    private static final int SAMPLES = 128;
    private static final int RUNS = 7;
    private static final long BYTES = 1L << 30;

    /** What floors are reckoned with, in bytes a microsecond: 3 TB/s. */
    private static final double RATE = 3e6;

    /** What the engine's choice of threads is compared with. */
    private static final List<Integer> THREADS = List.of(DepthwiseGrid.MANY_THREADS / 2, DepthwiseGrid.MANY_THREADS, DepthwiseGrid.MANY_THREADS * 2);

    /** A layer of {@code channels} channels and {@code size} by {@code size} pixels, which keeps the size but for the stride. */
    record Layer(int channels, int size, int side, int stride) {
        int padding() {
            return side / 2;
        }

        int out() {
            return (size + 2 * padding() - side) / stride + 1;
        }

        long srcElements() {
            return (long) SAMPLES * channels * size * size;
        }

        long dstElements() {
            return (long) SAMPLES * channels * out() * out();
        }

        @Override
        public String toString() {
            return channels + " channels, " + size + " x " + size + ", " + side + " x " + side + ", stride " + stride;
        }
    }

    private static final List<Layer> LAYERS = List.of(
            new Layer(32, 112, 3, 1), new Layer(96, 112, 3, 2), new Layer(144, 56, 3, 1), new Layer(144, 56, 3, 2), new Layer(192, 28, 3, 1),
            new Layer(192, 28, 3, 2), new Layer(384, 14, 3, 1), new Layer(576, 14, 3, 1), new Layer(576, 14, 3, 2), new Layer(960, 7, 3, 1),
            new Layer(144, 56, 5, 2), new Layer(240, 28, 5, 1), new Layer(240, 28, 3, 2), new Layer(480, 14, 5, 1), new Layer(672, 14, 5, 1),
            new Layer(672, 14, 5, 2), new Layer(1152, 7, 5, 1), new Layer(1152, 7, 3, 1), new Layer(144, 56, 7, 1), new Layer(480, 14, 7, 1));

    /** What is measured of one layer. */
    private enum Pass {
        FORWARD,
        BACKWARD_DATA,
        BACKWARD_WEIGHT;

        KernelFile file(Layer l) {
            return switch (this) {
                case FORWARD -> KernelFile.DEPTHWISE_STRIPS;
                case BACKWARD_DATA -> l.stride == 1 ? KernelFile.DEPTHWISE_STRIPS : KernelFile.DEPTHWISE_SPREAD;
                case BACKWARD_WEIGHT -> KernelFile.DEPTHWISE_TAPS;
            };
        }

        Kernel kernel(Layer l) {
            return Kernel.valueOf(file(l).name());
        }

        /** Pixels of a row that the strips cut. */
        int width(Layer l) {
            return this == BACKWARD_DATA ? l.size + (l.stride == 2 ? l.padding() % 2 : 0) : l.out();
        }

        int height(Layer l) {
            return this != BACKWARD_DATA ? l.out() : l.stride == 1 ? l.size : Math.ceilDiv(l.size + l.padding() % 2, 2);
        }

        /** What is read and written once. */
        double floorMicroseconds(Layer l, Storage storage) {
            return (l.srcElements() + l.dstElements()) * storage.bytes() / RATE;
        }
    }

    /** A kernel, what it is compiled for, and its launch: of one pass, which leaves its taps {@code parts} times. */
    private record Work(Kernel kernel, List<String> macros, Launch launch, List<Integer> layout, int parts) {}

    /** A form, and the threads that are wanted at least. */
    private record Way(DepthwiseForm form, int threads) {
        @Override
        public String toString() {
            return form.channels() + " x " + form.strip() + " x " + form.ahead() + ", " + (threads >> 10) + "k";
        }
    }

    /**
     * One pass over one layer.
     *
     * @param chosen what the engine does
     * @param fastest of all that was tried
     * @param productsMicroseconds on tensor cores; 0 where the engine does not take them
     */
    record Row(String layer, String pass, double floorMicroseconds, String chosen, double microseconds, String fastest, double fastestMicroseconds,
            double productsMicroseconds) {}

    private final KernelCompiler compiler;
    private final CudaContext context;
    private final CudaStream stream;
    private final CudaEvent start;
    private final CudaEvent end;
    private final DeviceMemory memory;
    private final Storage storage;
    private final Map<Compiled, byte[]> images;
    private final Map<Compiled, CudaModule> modules = new HashMap<>();
    private long at;

    /** A file and what it is compiled for. */
    private record Compiled(KernelFile file, List<String> macros) {}

    private DepthwiseTimes(KernelCompiler compiler, CudaContext context, CudaStream stream, CudaEvent start, CudaEvent end, DeviceMemory memory) {
        this.compiler = compiler;
        this.context = context;
        this.stream = stream;
        this.start = start;
        this.end = end;
        this.memory = memory;
        this.storage = Storage.BF16.isOn(context.device().computeCapability()) ? Storage.BF16 : Storage.F16;
        List<Compiled> wanted = new ArrayList<>();
        for (Layer l : LAYERS) {
            for (Pass p : Pass.values()) {
                forms(p, l).forEach(f -> wanted.add(new Compiled(p.file(l), f.macros())));
                products(p, l).ifPresent(w -> wanted.add(new Compiled(w.kernel.file(), w.macros)));
            }
        }
        images = wanted.stream().distinct().parallel().collect(Collectors.toConcurrentMap(Function.identity(), this::compile));
    }

    private byte[] compile(Compiled c) {
        List<String> options = new ArrayList<>(List.of("--gpu-architecture=sm_" + context.device().computeCapability(), "--std=c++17",
                "--diag-suppress=177", storage.option()));
        c.macros.forEach(m -> options.add("-D" + m));
        return compiler.compile(c.file.source(), c.file.fileName(), options).image();
    }

    /** Those that the engine chooses from, and the same with one row ahead. */
    private List<DepthwiseForm> forms(Pass p, Layer l) {
        return DepthwiseForm.forms(p.file(l), storage, l.side, l.stride, l.channels).stream()
                .flatMap(f -> Stream.of(f, new DepthwiseForm(f.side(), f.stride(), f.channels(), f.strip(), 1)))
                .distinct()
                .toList();
    }

    private DepthwiseForm chosen(Pass p, Layer l) {
        return DepthwiseForm.choose(p.file(l), storage, l.side, l.stride, l.channels, p.width(l));
    }

    static void run(CardStep.Place place) {
        CudaBindings bindings = CudaBindings.load();
        List<Row> rows = new ArrayList<>();
        Table table = new Table("depthwise, batch " + SAMPLES, "pass", "floor us", "us", "times floor", "way", "fastest us", "its way", "on tensor cores us");
        try (CudaContext context = CardFacts.card(Cuda.open(bindings)).open();
                CudaStream stream = context.stream();
                CudaEvent start = context.timingEvent();
                CudaEvent end = context.timingEvent();
                DeviceMemory memory = context.allocate(BYTES)) {
            stream.fillBytes(memory.pointer(), (byte) 0, BYTES);
            DepthwiseTimes times = new DepthwiseTimes(KernelCompiler.open(bindings), context, stream, start, end, memory);
            for (Layer l : LAYERS) {
                for (Pass p : Pass.values()) {
                    if (!place.late()) {
                        Row r = times.row(p, l);
                        rows.add(r);
                        table.row(r.layer, r.pass, Table.number(r.floorMicroseconds), Table.number(r.microseconds),
                                Table.number(r.microseconds / r.floorMicroseconds), r.chosen, Table.number(r.fastestMicroseconds), r.fastest,
                                Table.number(r.productsMicroseconds));
                    }
                }
            }
            times.modules.values().forEach(CudaModule::close);
        }
        place.put("depthwise", rows);
        System.out.println(table);
    }

    private Row row(Pass p, Layer l) {
        Map<Way, Double> times = new HashMap<>();
        for (DepthwiseForm f : forms(p, l)) {
            for (int threads : THREADS) {
                times.put(new Way(f, threads), microseconds(p, l, work(p, l, f, threads)));
            }
        }
        Way chosen = new Way(chosen(p, l), DepthwiseGrid.MANY_THREADS);
        Way fastest = times.entrySet().stream().min(Comparator.comparingDouble(Map.Entry::getValue)).orElseThrow().getKey();
        return new Row(l.toString(), p.name().toLowerCase(java.util.Locale.ROOT), p.floorMicroseconds(l, storage), chosen.toString(), times.get(chosen),
                fastest.toString(), times.get(fastest), products(p, l).map(w -> microseconds(p, l, w)).orElse(0.0));
    }

    private Work work(Pass p, Layer l, DepthwiseForm form, int threads) {
        DepthwiseGrid g = DepthwiseGrid.of(form, storage, SAMPLES, l.channels, p.height(l), p.width(l), threads);
        boolean weight = p == Pass.BACKWARD_WEIGHT;
        List<Integer> layout = List.of(g.rows(), g.tiles(), g.strips(), g.bands(), g.samples());
        return weight
                ? new Work(p.kernel(l), form.macros(), g.launchChunks(), Stream.concat(layout.stream(), Stream.of(g.chunks())).toList(), g.chunks())
                : new Work(p.kernel(l), form.macros(), g.launch(), layout, 1);
    }

    private Optional<Work> products(Pass p, Layer l) {
        if (!DepthwiseProducts.covers(storage, context.device().computeCapability(), SAMPLES, l.channels, l.side, l.stride, l.padding(), l.size)) {
            return Optional.empty();
        }
        boolean weight = p == Pass.BACKWARD_WEIGHT;
        DepthwiseProducts d = weight
                ? DepthwiseProducts.diagonals(l.side, SAMPLES, l.channels, l.size, l.size)
                : DepthwiseProducts.bands(l.side, SAMPLES, l.channels, l.size, l.size, l.size);
        List<Integer> layout = List.of(d.rows(), d.tiles(), d.strips(), d.bands(), SAMPLES);
        return Optional.of(weight
                ? new Work(Kernel.DEPTHWISE_DIAGONALS, d.macros(DepthwiseFusion.RAW), d.launch(), layout, d.blocks())
                : new Work(Kernel.DEPTHWISE_BANDS, d.macros(DepthwiseFusion.NONE), d.launch(), layout, 1));
    }

    /** The median of some launches. */
    private double microseconds(Pass p, Layer l, Work work) {
        CudaModule module = modules.computeIfAbsent(new Compiled(work.kernel.file(), work.macros), c -> context.module(images.get(c)));
        CudaFunction function = module.function(work.kernel.entry());
        double[] times = new double[RUNS];
        try (Arena arena = Arena.ofConfined()) {
            for (int i = -1; i < RUNS; i++) {
                KernelArguments arguments = arguments(arena, p, l, work);
                stream.record(start);
                stream.launch(function, shape(work.launch), arguments);
                stream.record(end);
                end.synchronize();
                if (i >= 0) {
                    times[i] = 1000 * end.millisecondsSince(start);
                }
            }
        }
        Arrays.sort(times);
        return times[RUNS / 2];
    }

    private static LaunchShape shape(Launch l) {
        return new LaunchShape(l.gridX(), l.gridY(), l.gridZ(), l.blockX(), l.blockY(), 1, 0);
    }

    /** Memory that no launch has used for as long as possible. */
    private long fresh(long bytes) {
        if (at + bytes > BYTES) {
            at = 0;
        }
        long pointer = memory.pointer() + at;
        at += Math.ceilDiv(bytes, 256) * 256;
        return pointer;
    }

    /** Without a batch norm before them. */
    private static List<Number> productValues(Pass p, Layer l, long src, long taps, long dst) {
        return switch (p) {
            case FORWARD -> List.of(src, 0L, 0L, 0L, 0L, taps, 0L, dst, 0L, 0, l.size, l.size, l.channels, l.out(), l.out(), l.padding());
            case BACKWARD_DATA -> List.of(dst, 0L, 0L, 0L, 0L, taps, 0L, src, 0L, 1, l.out(), l.out(), l.channels, l.size, l.size, l.side - 1 - l.padding());
            case BACKWARD_WEIGHT -> List.of(src, 0L, 0L, 0L, 0L, dst, taps, l.size, l.size, l.channels, l.out(), l.out(), l.padding());
        };
    }

    private KernelArguments arguments(Arena arena, Pass p, Layer l, Work work) {
        long src = fresh(l.srcElements() * storage.bytes());
        long dst = fresh(l.dstElements() * storage.bytes());
        long taps = fresh(4L * l.channels * l.side * l.side * work.parts);
        boolean products = work.kernel == Kernel.DEPTHWISE_BANDS || work.kernel == Kernel.DEPTHWISE_DIAGONALS;
        List<Number> values = new ArrayList<>(products ? productValues(p, l, src, taps, dst) : switch (p) {
            case FORWARD -> List.<Number>of(src, taps, 0L, dst, 0L, 0, l.size, l.size, l.channels, l.out(), l.out(), l.padding());
            case BACKWARD_DATA -> l.stride == 1
                    ? List.<Number>of(dst, taps, 0L, src, 0L, 1, l.out(), l.out(), l.channels, l.size, l.size, l.side - 1 - l.padding())
                    : List.<Number>of(dst, taps, src, l.size, l.size, l.channels, l.out(), l.out(), l.padding());
            case BACKWARD_WEIGHT -> List.<Number>of(src, dst, taps, l.size, l.size, l.channels, l.out(), l.out(), l.padding());
        });
        values.addAll(work.layout);
        KernelArguments arguments = new KernelArguments(arena, values.size());
        for (int i = 0; i < values.size(); i++) {
            if (values.get(i) instanceof Long pointer) {
                arguments.set(i, pointer.longValue());
            } else {
                arguments.set(i, values.get(i).intValue());
            }
        }
        return arguments;
    }
}
