/*
 * d += a b on a warp's tensor cores: d [16, 8] of floats, a [16, 16 or 8] and b [16 or 8, 8] of pairs of `stored`. Lane 4 g + t has of d rows g and g + 8 in
 * columns 2 t and 2 t + 1; of a those rows in columns 2 t, 2 t + 1 (a0, a1) and 2 t + 8, 2 t + 9 (a2, a3); of b column g in the rows that are columns of a.
 * All lanes come here together. From compute capability 8.0 on.
 */
#if defined(__CUDACC__)
#if STORAGE == 1
#define PRODUCT(k) "mma.sync.aligned.m16n8" k ".row.col.f32.f16.f16.f32 "
#else
#define PRODUCT(k) "mma.sync.aligned.m16n8" k ".row.col.f32.bf16.bf16.f32 "
#endif

DEVICE void multiply_add(float (&d)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1) {
#if __CUDA_ARCH__ >= 800
    asm(PRODUCT("k16") "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
#endif
}

DEVICE void multiply_add(float (&d)[4], unsigned a0, unsigned a1, unsigned b0) {
#if __CUDA_ARCH__ >= 800
    asm(PRODUCT("k8") "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3]) : "r"(a0), "r"(a1), "r"(b0));
#endif
}
#undef PRODUCT
#else
/* `words` of a, then half as many of b. */
DEVICE void simulated_multiply_add(float (&d)[4], const unsigned* own, int words) {
    unsigned all[32][6];
    simulator_gather(own, words + words / 2, &all[0][0]);
    int lane = simulator_lane();
    for (int e = 0; e < 4; e++) {
        int column = lane % 4 * 2 + e % 2;
        for (int k = 0; k < 4 * words; k++) {
            unsigned a = all[lane / 4 * 4 + k % 8 / 2][k / 8 * 2 + e / 2];
            unsigned b = all[column * 4 + k % 8 / 2][words + k / 8];
            d[e] += widen(stored{(unsigned short) (a >> k % 2 * 16)}) * widen(stored{(unsigned short) (b >> k % 2 * 16)});
        }
    }
}

DEVICE void multiply_add(float (&d)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1) {
    unsigned own[] = {a0, a1, a2, a3, b0, b1};
    simulated_multiply_add(d, own, 4);
}

DEVICE void multiply_add(float (&d)[4], unsigned a0, unsigned a1, unsigned b0) {
    unsigned own[] = {a0, a1, b0};
    simulated_multiply_add(d, own, 2);
}
#endif
