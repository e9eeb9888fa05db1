package donna.ffi;

/** An order of work of oneDNN; on a CPU work is done when the call returns. Used by one thread at a time; the caller closes it. */
public final class DnnlStream extends Handle {
    private final Onednn lib;

    DnnlStream(Onednn lib, long address) {
        super(address);
        this.lib = lib;
    }

    @Override
    void destroy(long address) {
        Dnnl.check(lib.dnnl_stream_destroy(address), "dnnl_stream_destroy");
    }
}
