package donna.cuda;

import donna.ffi.CudaElement;
import donna.ffi.MatmulSpec;
import donna.ffi.MatmulSpec.Epilogue;
import donna.ffi.MatmulSpec.Matrix;

/** Products of row-major matrices in single precision. */
final class Products {
    private Products() {}

    static MatmulSpec of(int rows, int columns, int inner, int batch, Matrix a, Matrix b, Matrix c) {
        return new MatmulSpec(CudaElement.F32, CudaElement.F32, false, rows, columns, inner, batch, a, b, c, Epilogue.NONE);
    }

    /** A batch of products of matrices stored one after another. */
    static MatmulSpec dense(int rows, int columns, int inner, boolean transposeA, boolean transposeB, int batch) {
        return of(
                rows,
                columns,
                inner,
                batch,
                new Matrix(transposeA, transposeA ? rows : inner, (long) rows * inner),
                new Matrix(transposeB, transposeB ? inner : columns, (long) inner * columns),
                new Matrix(false, columns, (long) rows * columns));
    }
}
