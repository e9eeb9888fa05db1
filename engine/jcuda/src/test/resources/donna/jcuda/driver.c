/* A driver that finds no card: what JCuda's native part needs to load, and the few functions that the tests call. */
static const char* const NAME = "CUDA_ERROR_NO_DEVICE";
static const char* const TEXT = "no CUDA-capable device is detected";

int cuInit(unsigned flags) {
    (void) flags;
    return 100;
}

int cuDriverGetVersion(int* version) {
    *version = 12060;
    return 0;
}

int cuGetErrorName(int error, const char** text) {
    *text = NAME;
    return error == 100 ? 0 : 1;
}

int cuGetErrorString(int error, const char** text) {
    *text = TEXT;
    return error == 100 ? 0 : 1;
}

/* Each copies what it was given to where the test looks. */
int cuMemcpyHtoDAsync_v2(unsigned long long dst, const void* src, unsigned long bytes, void* stream) {
    long long* out = (long long*) dst;
    out[0] = ((const long long*) src)[0];
    out[1] = (long long) bytes;
    out[2] = (long long) stream;
    return 0;
}

int cuStreamCreateWithPriority(void** stream, unsigned flags, int priority) {
    *stream = (void*) (0x1000L + flags * 16 + priority);
    return 0;
}

int cuLaunchKernel(void* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void* stream,
                   void** parameters, void** extra) {
    (void) f, (void) gy, (void) gz, (void) by, (void) bz, (void) shared, (void) stream, (void) extra;
    long long* out = *(long long**) parameters[0];
    out[0] = *(int*) parameters[1];
    out[1] = gx * 1000 + bx;
    return 0;
}

int cuModuleLoadData(void** module, const void* image) {
    *module = (void*) (long) ((const unsigned char*) image)[0];
    return 0;
}

int cuModuleGetFunction(void** function, void* module, const char* name) {
    *function = (char*) module + name[0];
    return 0;
}
