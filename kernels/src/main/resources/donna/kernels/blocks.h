/* What the threads of a block work out together; included after kshim.h. */

/* The sum over a block of BLOCK threads in one dimension; every thread has it. */
DEVICE float block_sum(float v) {
    __shared__ float of_warp[BLOCK / 32];
    for (int distance = 16; distance > 0; distance /= 2) {
        v += __shfl_down_sync(0xffffffffu, v, distance);
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        of_warp[threadIdx.x / 32] = v;
    }
    __syncthreads();
    float sum = 0.0f;
    for (int i = 0; i < BLOCK / 32; i++) {
        sum += of_warp[i];
    }
    return sum;
}

/* The largest value of a block of BLOCK threads in one dimension; every thread has it. */
DEVICE float block_max(float v) {
    __shared__ float of_warp[BLOCK / 32];
    for (int distance = 16; distance > 0; distance /= 2) {
        v = fmaxf(v, __shfl_down_sync(0xffffffffu, v, distance));
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        of_warp[threadIdx.x / 32] = v;
    }
    __syncthreads();
    float largest = of_warp[0];
    for (int i = 1; i < BLOCK / 32; i++) {
        largest = fmaxf(largest, of_warp[i]);
    }
    return largest;
}

/* Of a block of LANES x ROWS threads, the sum over the rows of each channel; the threads of row 0 have it. */
DEVICE float row_sum(float v) {
    __shared__ float of_row[ROWS][LANES];
    __syncthreads();
    of_row[threadIdx.y][threadIdx.x] = v;
    __syncthreads();
    float sum = 0.0f;
    if (threadIdx.y == 0) {
        for (int r = 0; r < ROWS; r++) {
            sum += of_row[r][threadIdx.x];
        }
    }
    return sum;
}
