/*
 * d += a b on a warp's tensor cores: d [16, 8] of floats, a [16, 16] and b [16, 8] of pairs of `stored`. Lane 4 g + t has of d rows g and g + 8 in columns 2 t
 * and 2 t + 1; of a those rows in columns 2 t, 2 t + 1 (a0, a1) and 2 t + 8, 2 t + 9 (a2, a3); of b column g in the rows that are columns of a. All lanes come
 * here together. From compute capability 8.0 on.
 */
DEVICE void multiply_add(float (&d)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1) {
#if defined(__CUDACC__)
#if STORAGE == 1
#define PRODUCT "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
#else
#define PRODUCT "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
#endif
#if __CUDA_ARCH__ >= 800
    asm(PRODUCT "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
#endif
#else
    unsigned all[32][6];
    unsigned own[] = {a0, a1, a2, a3, b0, b1};
    simulator_gather(own, &all[0][0]);
    int lane = simulator_lane();
    for (int e = 0; e < 4; e++) {
        int column = lane % 4 * 2 + e % 2;
        for (int k = 0; k < 16; k++) {
            unsigned a = all[lane / 4 * 4 + k % 8 / 2][k / 8 * 2 + e / 2];
            unsigned b = all[column * 4 + k % 8 / 2][4 + k / 8];
            d[e] += widen(stored{(unsigned short) (a >> k % 2 * 16)}) * widen(stored{(unsigned short) (b >> k % 2 * 16)});
        }
    }
#endif
}
