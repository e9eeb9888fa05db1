package donna.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** {@link Onednn} over the Foreign Function and Memory API: one static handle per function. */
final class OnednnFfm implements Onednn {
    private static final MethodHandle VERSION = bind("dnnl_version", ADDRESS);
    private static final MethodHandle GET_EFFECTIVE_CPU_ISA = bind("dnnl_get_effective_cpu_isa", JAVA_INT);
    private static final MethodHandle SET_PRIMITIVE_CACHE_CAPACITY = bind("dnnl_set_primitive_cache_capacity", 
            JAVA_INT, JAVA_INT);
    private static final MethodHandle ENGINE_CREATE = bind("dnnl_engine_create", 
            JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG);
    private static final MethodHandle ENGINE_DESTROY = bind("dnnl_engine_destroy", JAVA_INT, JAVA_LONG);
    private static final MethodHandle STREAM_CREATE = bind("dnnl_stream_create", 
            JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle STREAM_DESTROY = bind("dnnl_stream_destroy", JAVA_INT, JAVA_LONG);
    private static final MethodHandle MEMORY_DESC_CREATE_WITH_TAG = bind("dnnl_memory_desc_create_with_tag", 
            JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle MEMORY_DESC_CREATE_WITH_STRIDES = bind("dnnl_memory_desc_create_with_strides", 
            JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    private static final MethodHandle MEMORY_DESC_CLONE = bind("dnnl_memory_desc_clone", JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle MEMORY_DESC_DESTROY = bind("dnnl_memory_desc_destroy", JAVA_INT, JAVA_LONG);
    private static final MethodHandle MEMORY_DESC_EQUAL = bind("dnnl_memory_desc_equal", 
            JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MEMORY_DESC_GET_SIZE = bind("dnnl_memory_desc_get_size", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MEMORY_CREATE = bind("dnnl_memory_create", 
            JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MEMORY_SET_DATA_HANDLE = bind("dnnl_memory_set_data_handle", 
            JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MEMORY_DESTROY = bind("dnnl_memory_destroy", JAVA_INT, JAVA_LONG);
    private static final MethodHandle PRIMITIVE_ATTR_CREATE = bind("dnnl_primitive_attr_create", JAVA_INT, ADDRESS);
    private static final MethodHandle PRIMITIVE_ATTR_DESTROY = bind("dnnl_primitive_attr_destroy", JAVA_INT, JAVA_LONG);
    private static final MethodHandle PRIMITIVE_ATTR_SET_SCRATCHPAD_MODE = bind("dnnl_primitive_attr_set_scratchpad_mode", 
            JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle PRIMITIVE_ATTR_SET_POST_OPS = bind("dnnl_primitive_attr_set_post_ops", 
            JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle POST_OPS_CREATE = bind("dnnl_post_ops_create", JAVA_INT, ADDRESS);
    private static final MethodHandle POST_OPS_DESTROY = bind("dnnl_post_ops_destroy", JAVA_INT, JAVA_LONG);
    private static final MethodHandle POST_OPS_APPEND_ELTWISE = bind("dnnl_post_ops_append_eltwise", 
            JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_FLOAT, JAVA_FLOAT);
    private static final MethodHandle POST_OPS_APPEND_BINARY = bind("dnnl_post_ops_append_binary", 
            JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG);
    private static final MethodHandle CONVOLUTION_FORWARD_PRIMITIVE_DESC_CREATE = bind("dnnl_convolution_forward_primitive_desc_create", 
            JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS,
            ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
    private static final MethodHandle CONVOLUTION_BACKWARD_DATA_PRIMITIVE_DESC_CREATE = bind("dnnl_convolution_backward_data_primitive_desc_create", 
            JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, ADDRESS,
            JAVA_LONG, JAVA_LONG);
    private static final MethodHandle CONVOLUTION_BACKWARD_WEIGHTS_PRIMITIVE_DESC_CREATE = bind("dnnl_convolution_backward_weights_primitive_desc_create", 
            JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS,
            ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MATMUL_PRIMITIVE_DESC_CREATE = bind("dnnl_matmul_primitive_desc_create", 
            JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle REORDER_PRIMITIVE_DESC_CREATE = bind("dnnl_reorder_primitive_desc_create", 
            JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PRIMITIVE_DESC_QUERY = bind("dnnl_primitive_desc_query", 
            JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle PRIMITIVE_DESC_QUERY_MD = bind("dnnl_primitive_desc_query_md", 
            JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle PRIMITIVE_DESC_NEXT_IMPL = bind("dnnl_primitive_desc_next_impl", 
            JAVA_INT, JAVA_LONG);
    private static final MethodHandle PRIMITIVE_DESC_DESTROY = bind("dnnl_primitive_desc_destroy", JAVA_INT, JAVA_LONG);
    private static final MethodHandle PRIMITIVE_CREATE = bind("dnnl_primitive_create", JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle PRIMITIVE_EXECUTE = bind("dnnl_primitive_execute", 
            JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS);
    private static final MethodHandle PRIMITIVE_DESTROY = bind("dnnl_primitive_destroy", JAVA_INT, JAVA_LONG);

    static final OnednnFfm INSTANCE = new OnednnFfm();

    private OnednnFfm() {}

    private static MethodHandle bind(String name, MemoryLayout result, MemoryLayout... arguments) {
        MemorySegment symbol = NativeLibraries.onednn()
                .find(name)
                .orElseThrow(() -> new NativeException("oneDNN: the library has no function " + name + "; expected version 3.4 or later"));
        return Linker.nativeLinker().downcallHandle(symbol, FunctionDescriptor.of(result, arguments));
    }

    static RuntimeException unexpected(Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return e instanceof RuntimeException r ? r : new NativeException("a native call failed", e);
    }

    @Override
    public MemorySegment dnnl_version() {
        try {
            return (MemorySegment) VERSION.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_get_effective_cpu_isa() {
        try {
            return (int) GET_EFFECTIVE_CPU_ISA.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_set_primitive_cache_capacity(int capacity) {
        try {
            return (int) SET_PRIMITIVE_CACHE_CAPACITY.invokeExact(capacity);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_engine_create(MemorySegment engine, int kind, long index) {
        try {
            return (int) ENGINE_CREATE.invokeExact(engine, kind, index);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_engine_destroy(long engine) {
        try {
            return (int) ENGINE_DESTROY.invokeExact(engine);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_stream_create(MemorySegment stream, long engine, int flags) {
        try {
            return (int) STREAM_CREATE.invokeExact(stream, engine, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_stream_destroy(long stream) {
        try {
            return (int) STREAM_DESTROY.invokeExact(stream);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_memory_desc_create_with_tag(MemorySegment desc, int rank, MemorySegment dims, int type, int tag) {
        try {
            return (int) MEMORY_DESC_CREATE_WITH_TAG.invokeExact(desc, rank, dims, type, tag);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_memory_desc_create_with_strides(
            MemorySegment desc, int rank, MemorySegment dims, int type, MemorySegment strides) {
        try {
            return (int) MEMORY_DESC_CREATE_WITH_STRIDES.invokeExact(desc, rank, dims, type, strides);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_memory_desc_clone(MemorySegment desc, long source) {
        try {
            return (int) MEMORY_DESC_CLONE.invokeExact(desc, source);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_memory_desc_destroy(long desc) {
        try {
            return (int) MEMORY_DESC_DESTROY.invokeExact(desc);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_memory_desc_equal(long a, long b) {
        try {
            return (int) MEMORY_DESC_EQUAL.invokeExact(a, b);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public long dnnl_memory_desc_get_size(long desc) {
        try {
            return (long) MEMORY_DESC_GET_SIZE.invokeExact(desc);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_memory_create(MemorySegment memory, long desc, long engine, long address) {
        try {
            return (int) MEMORY_CREATE.invokeExact(memory, desc, engine, address);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_memory_set_data_handle(long memory, long address) {
        try {
            return (int) MEMORY_SET_DATA_HANDLE.invokeExact(memory, address);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_memory_destroy(long memory) {
        try {
            return (int) MEMORY_DESTROY.invokeExact(memory);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_primitive_attr_create(MemorySegment attr) {
        try {
            return (int) PRIMITIVE_ATTR_CREATE.invokeExact(attr);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_primitive_attr_destroy(long attr) {
        try {
            return (int) PRIMITIVE_ATTR_DESTROY.invokeExact(attr);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_primitive_attr_set_scratchpad_mode(long attr, int mode) {
        try {
            return (int) PRIMITIVE_ATTR_SET_SCRATCHPAD_MODE.invokeExact(attr, mode);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_primitive_attr_set_post_ops(long attr, long postOps) {
        try {
            return (int) PRIMITIVE_ATTR_SET_POST_OPS.invokeExact(attr, postOps);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_post_ops_create(MemorySegment postOps) {
        try {
            return (int) POST_OPS_CREATE.invokeExact(postOps);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_post_ops_destroy(long postOps) {
        try {
            return (int) POST_OPS_DESTROY.invokeExact(postOps);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_post_ops_append_eltwise(long postOps, int algorithm, float alpha, float beta) {
        try {
            return (int) POST_OPS_APPEND_ELTWISE.invokeExact(postOps, algorithm, alpha, beta);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_post_ops_append_binary(long postOps, int algorithm, long src1) {
        try {
            return (int) POST_OPS_APPEND_BINARY.invokeExact(postOps, algorithm, src1);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_convolution_forward_primitive_desc_create(
            MemorySegment desc, long engine, int prop, int algorithm, long src, long weights, long bias, long dst,
            MemorySegment strides, MemorySegment dilates, MemorySegment paddingLeft, MemorySegment paddingRight,
            long attr) {
        try {
            return (int) CONVOLUTION_FORWARD_PRIMITIVE_DESC_CREATE.invokeExact(
                    desc, engine, prop, algorithm, src, weights, bias, dst, strides, dilates, paddingLeft, paddingRight,
                    attr);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_convolution_backward_data_primitive_desc_create(
            MemorySegment desc, long engine, int algorithm, long diffSrc, long weights, long diffDst,
            MemorySegment strides, MemorySegment dilates, MemorySegment paddingLeft, MemorySegment paddingRight,
            long forward, long attr) {
        try {
            return (int) CONVOLUTION_BACKWARD_DATA_PRIMITIVE_DESC_CREATE.invokeExact(
                    desc, engine, algorithm, diffSrc, weights, diffDst, strides, dilates, paddingLeft, paddingRight,
                    forward, attr);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_convolution_backward_weights_primitive_desc_create(
            MemorySegment desc, long engine, int algorithm, long src, long diffWeights, long diffBias, long diffDst,
            MemorySegment strides, MemorySegment dilates, MemorySegment paddingLeft, MemorySegment paddingRight,
            long forward, long attr) {
        try {
            return (int) CONVOLUTION_BACKWARD_WEIGHTS_PRIMITIVE_DESC_CREATE.invokeExact(
                    desc, engine, algorithm, src, diffWeights, diffBias, diffDst, strides, dilates, paddingLeft,
                    paddingRight, forward, attr);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_matmul_primitive_desc_create(
            MemorySegment desc, long engine, long src, long weights, long bias, long dst, long attr) {
        try {
            return (int) MATMUL_PRIMITIVE_DESC_CREATE.invokeExact(desc, engine, src, weights, bias, dst, attr);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_reorder_primitive_desc_create(
            MemorySegment desc, long src, long srcEngine, long dst, long dstEngine, long attr) {
        try {
            return (int) REORDER_PRIMITIVE_DESC_CREATE.invokeExact(desc, src, srcEngine, dst, dstEngine, attr);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_primitive_desc_query(long desc, int what, int index, MemorySegment result) {
        try {
            return (int) PRIMITIVE_DESC_QUERY.invokeExact(desc, what, index, result);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public long dnnl_primitive_desc_query_md(long desc, int what, int index) {
        try {
            return (long) PRIMITIVE_DESC_QUERY_MD.invokeExact(desc, what, index);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_primitive_desc_next_impl(long desc) {
        try {
            return (int) PRIMITIVE_DESC_NEXT_IMPL.invokeExact(desc);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_primitive_desc_destroy(long desc) {
        try {
            return (int) PRIMITIVE_DESC_DESTROY.invokeExact(desc);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_primitive_create(MemorySegment primitive, long desc) {
        try {
            return (int) PRIMITIVE_CREATE.invokeExact(primitive, desc);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_primitive_execute(long primitive, long stream, int count, MemorySegment args) {
        try {
            return (int) PRIMITIVE_EXECUTE.invokeExact(primitive, stream, count, args);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    @Override
    public int dnnl_primitive_destroy(long primitive) {
        try {
            return (int) PRIMITIVE_DESTROY.invokeExact(primitive);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }
}
