package donna.backend;

import java.util.List;

/**
 * The open devices among which the independent jobs of a run are shared. What cannot be shared is done by the first. Owner: closes them all, after everything
 * that was made on them. Thread-safe.
 *
 * @param all at least one, of one backend
 */
public record Devices(List<Device> all) implements AutoCloseable {
    public Devices {
        all = List.copyOf(all);
    }

    /** The device of what is measured, and of what is one piece of work. */
    public Device first() {
        return all.getFirst();
    }

    @Override
    public void close() {
        all.forEach(Device::close);
    }
}
