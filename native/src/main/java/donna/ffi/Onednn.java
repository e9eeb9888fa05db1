package donna.ffi;

import java.lang.foreign.MemorySegment;

/**
 * The functions of oneDNN 3.x that we call, under their C names. Handles are addresses; segments are out-parameters and arrays that live until the call
 * returns. A function that returns {@code int} returns a {@code dnnl_status_t} unless said otherwise. Thread-safe as far as the library is: a memory
 * object or a stream by one thread at a time. Source: oneDNN 3.8 developer guide, C API.
 */
public interface Onednn {
    /** The library's version: pointer to a static {@code dnnl_version_t}. */
    MemorySegment dnnl_version();

    /** The instruction set that code is generated for ({@code dnnl_cpu_isa_t}). */
    int dnnl_get_effective_cpu_isa();

    /** Compiled primitives that the library keeps for equal descriptors. */
    int dnnl_set_primitive_cache_capacity(int capacity);

    int dnnl_engine_create(MemorySegment engine, int kind, long index);

    int dnnl_engine_destroy(long engine);

    int dnnl_stream_create(MemorySegment stream, long engine, int flags);

    int dnnl_stream_destroy(long stream);

    int dnnl_memory_desc_create_with_tag(MemorySegment desc, int rank, MemorySegment dims, int type, int tag);

    int dnnl_memory_desc_create_with_strides(
            MemorySegment desc, int rank, MemorySegment dims, int type, MemorySegment strides);

    int dnnl_memory_desc_clone(MemorySegment desc, long source);

    int dnnl_memory_desc_destroy(long desc);

    /** 1 if equal. */
    int dnnl_memory_desc_equal(long a, long b);

    /** Bytes, padding included. */
    long dnnl_memory_desc_get_size(long desc);

    int dnnl_memory_create(MemorySegment memory, long desc, long engine, long address);

    int dnnl_memory_set_data_handle(long memory, long address);

    int dnnl_memory_destroy(long memory);

    int dnnl_primitive_attr_create(MemorySegment attr);

    int dnnl_primitive_attr_destroy(long attr);

    int dnnl_primitive_attr_set_scratchpad_mode(long attr, int mode);

    int dnnl_primitive_attr_set_post_ops(long attr, long postOps);

    int dnnl_post_ops_create(MemorySegment postOps);

    int dnnl_post_ops_destroy(long postOps);

    int dnnl_post_ops_append_eltwise(long postOps, int algorithm, float alpha, float beta);

    int dnnl_post_ops_append_binary(long postOps, int algorithm, long src1);

    int dnnl_convolution_forward_primitive_desc_create(
            MemorySegment desc, long engine, int prop, int algorithm, long src, long weights, long bias, long dst,
            MemorySegment strides, MemorySegment dilates, MemorySegment paddingLeft, MemorySegment paddingRight,
            long attr);

    int dnnl_convolution_backward_data_primitive_desc_create(
            MemorySegment desc, long engine, int algorithm, long diffSrc, long weights, long diffDst,
            MemorySegment strides, MemorySegment dilates, MemorySegment paddingLeft, MemorySegment paddingRight,
            long forward, long attr);

    int dnnl_convolution_backward_weights_primitive_desc_create(
            MemorySegment desc, long engine, int algorithm, long src, long diffWeights, long diffBias, long diffDst,
            MemorySegment strides, MemorySegment dilates, MemorySegment paddingLeft, MemorySegment paddingRight,
            long forward, long attr);

    int dnnl_matmul_primitive_desc_create(
            MemorySegment desc, long engine, long src, long weights, long bias, long dst, long attr);

    int dnnl_reorder_primitive_desc_create(
            MemorySegment desc, long src, long srcEngine, long dst, long dstEngine, long attr);

    int dnnl_primitive_desc_query(long desc, int what, int index, MemorySegment result);

    /** A descriptor that belongs to {@code desc}; 0 if there is none. */
    long dnnl_primitive_desc_query_md(long desc, int what, int index);

    /** Turns to the next implementation; {@code dnnl_last_impl_reached} at the end. */
    int dnnl_primitive_desc_next_impl(long desc);

    int dnnl_primitive_desc_destroy(long desc);

    int dnnl_primitive_create(MemorySegment primitive, long desc);

    int dnnl_primitive_execute(long primitive, long stream, int count, MemorySegment args);

    int dnnl_primitive_destroy(long primitive);

    /**
     * The library of this process.
     *
     * @throws NativeException if it cannot be loaded; a function that it lacks throws when it is called
     */
    static Onednn load() {
        return NativeLibraries.onednn();
    }
}
