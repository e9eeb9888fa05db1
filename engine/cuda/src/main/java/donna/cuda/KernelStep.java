package donna.cuda;

import donna.ffi.CudaFunction;
import donna.ffi.CudaStream;
import donna.ffi.KernelArguments;
import donna.ffi.LaunchShape;
import donna.kernels.Kernel;
import donna.kernels.Launch;
import donna.kernels.Parameter;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/** A launch of one of our kernels. */
final class KernelStep implements Step {
    private final Kernel kernel;
    private final CudaFunction function;
    private final LaunchShape shape;
    private final KernelArguments arguments;
    private final List<Slot> slots = new ArrayList<>();
    private final List<Pointer> pointers = new ArrayList<>();

    /** Parameter {@code index} is {@code offset} bytes into a slot. */
    private record Pointer(int index, long offset) {}

    /** @param values in the kernel's order: a {@link Slot} or {@link Place} for a pointer, {@code Integer}, {@code Long}, {@code Float} */
    KernelStep(Kernel kernel, CudaFunction function, Launch launch, Arena arena, Object... values) {
        this.kernel = kernel;
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

    private void set(int i, Parameter kind, Object value) {
        switch (kind) {
            case POINTER -> {
                Place place = value instanceof Slot s ? new Place(s, 0) : (Place) value;
                slots.add(place.slot());
                pointers.add(new Pointer(i, place.offset()));
            }
            case INT -> arguments.set(i, ((Integer) value).intValue());
            case LONG -> arguments.set(i, ((Long) value).longValue());
            case FLOAT -> arguments.set(i, ((Float) value).floatValue());
        }
    }

    @Override
    public List<Slot> slots() {
        return slots;
    }

    @Override
    public String implementation() {
        return kernel.entry();
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
