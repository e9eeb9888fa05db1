package donna.ffi;

/** Shape, element type and order of a tensor for oneDNN ({@code dnnl_memory_desc_t}). Made by {@link Dnnl}; the caller closes it. */
public final class MemoryDesc extends Handle {
    private final Onednn lib;

    MemoryDesc(Onednn lib, long address) {
        super(address);
        this.lib = lib;
    }

    /** Bytes that such a tensor takes, padding included. */
    public long bytes() {
        return lib.dnnl_memory_desc_get_size(address());
    }

    /** Whether both describe the same bytes in the same order. */
    public boolean same(MemoryDesc other) {
        return lib.dnnl_memory_desc_equal(address(), other.address()) == 1;
    }

    @Override
    void destroy(long address) {
        Dnnl.check(lib.dnnl_memory_desc_destroy(address), "dnnl_memory_desc_destroy");
    }
}
