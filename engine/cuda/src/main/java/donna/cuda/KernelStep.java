package donna.cuda;

import donna.ffi.CudaFunction;
import donna.ffi.CudaStream;
import donna.ffi.KernelArguments;
import donna.ffi.LaunchShape;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Parameter;
import donna.kernels.Storage;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/** A launch of one of our kernels. */
final class KernelStep implements Step {
    private final Kernel kernel;
    private final List<String> macros;
    private final CudaFunction function;
    private final LaunchShape shape;
    private final KernelArguments arguments;
    private final List<Slot> slots = new ArrayList<>();
    private final List<Pointer> pointers = new ArrayList<>();

    /** Parameter {@code index} is {@code offset} bytes into a slot. */
    private record Pointer(int index, long offset) {}

    KernelStep(Kernel kernel, List<String> macros, CudaFunction function, Launch launch, Arena arena, Object... values) {
        this.kernel = kernel;
        this.macros = macros;
        this.function = function;
        this.shape = new LaunchShape(launch.gridX(), launch.gridY(), launch.gridZ(), launch.blockX(), launch.blockY(), 1, 0);
        List<Parameter> kinds = kernel.parameters();
        if (values.length != kinds.size()) {
            throw new IllegalArgumentException(kernel + " takes " + kinds.size() + " parameters, got " + values.length);
        }
        arguments = new KernelArguments(arena, values.length);
        for (int i = 0; i < values.length; i++) {
            set(i, kinds.get(i), values[i]);
        }
    }

    static Place place(Object value) {
        return value instanceof Slot s ? new Place(s, 0) : (Place) value;
    }

    /** What a kernel has to be compiled for, to be launched with {@code values}; F32 if it takes nothing stored. */
    static Storage storage(Kernel kernel, Object... values) {
        EnumSet<Storage> stored = EnumSet.noneOf(Storage.class);
        for (int i = 0; i < values.length; i++) {
            Parameter kind = kernel.parameters().get(i);
            if (kind == Parameter.STORED && values[i] != null) {
                stored.add(place(values[i]).slot().storage());
            } else if (kind == Parameter.POINTER && values[i] != null && place(values[i]).slot().storage() != Storage.F32) {
                throw new IllegalArgumentException(kernel + ", argument " + i + ": " + place(values[i]).slot().storage() + "; expected F32");
            }
        }
        if (stored.size() > 1) {
            throw new IllegalArgumentException(kernel + ": arguments stored as " + stored + "; expected the same for all");
        }
        return stored.isEmpty() ? Storage.F32 : stored.iterator().next();
    }

    private void set(int i, Parameter kind, Object value) {
        switch (kind) {
            case POINTER, STORED -> {
                if (value != null) {
                    slots.add(place(value).slot());
                    pointers.add(new Pointer(i, place(value).offset()));
                }
            }
            case INT -> arguments.set(i, ((Integer) value).intValue());
            case LONG -> arguments.set(i, ((Long) value).longValue());
            case FLOAT -> arguments.set(i, ((Float) value).floatValue());
        }
    }

    /** The first parameter, an address that is no slot's. */
    void table(long pointer) {
        arguments.set(0, pointer);
    }

    @Override
    public List<Slot> slots() {
        return slots;
    }

    @Override
    public String implementation() {
        return macros.isEmpty() ? kernel.entry() : kernel.entry() + " " + String.join(" ", macros);
    }

    @Override
    public void moved(long[] addresses) {
        for (int i = 0; i < addresses.length; i++) {
            arguments.set(pointers.get(i).index(), addresses[i] + pointers.get(i).offset());
        }
    }

    @Override
    public void run(CudaStream stream) {
        stream.launch(function, shape, arguments);
    }
}
