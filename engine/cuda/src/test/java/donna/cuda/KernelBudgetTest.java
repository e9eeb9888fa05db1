package donna.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import donna.ffi.CudaBindings;
import donna.ffi.KernelCompiler;
import donna.kernels.Kernel;
import donna.kernels.KernelFile;
import donna.kernels.Storage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** NVIDIA's compiler takes every kernel for every generation of cards from Volta on, within a budget of registers and without spilling one to memory. */
class KernelBudgetTest {
    /** With more, fewer than four blocks of 256 threads share a multiprocessor's 65,536 registers. */
    private static final int REGISTERS = 64;

    /** Of kernels that keep a window of an image in registers, and for that run with half as many threads. */
    private static final int REGISTERS_OF_VARIANTS = 128;

    /** For which every variant of a file is compiled; for the others it is the first. */
    private static boolean inFull(int capability, Storage storage) {
        return switch (storage) {
            case F32, BF16 -> capability == 90;
            case F16 -> capability == 70;
        };
    }

    private static final Pattern USED = Pattern.compile(
            "Function properties for (\\w+)\\s+ptxas\\s+\\.\\s+(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads\\s+"
                    + "ptxas info\\s+: Used (\\d+) registers");

    private String bindings;

    @BeforeEach
    void takeNvidiasCompiler() {
        bindings = System.clearProperty(CudaBindings.PROPERTY);
    }

    @AfterEach
    void leaveIt() {
        System.setProperty(CudaBindings.PROPERTY, bindings);
    }

    @ParameterizedTest
    @ValueSource(ints = {70, 75, 80, 86, 89, 90, 100, 120})
    void everyKernelCompilesWithinTheBudget(int capability) {
        KernelCompiler compiler = KernelCompiler.open(CudaBindings.load());
        for (Storage storage : Storage.values()) {
            if (storage.isOn(capability)) {
                List<String> options = new ArrayList<>(KernelCache.options(capability, compiler.capabilities()));
                options.addAll(List.of(storage.option(), "--ptxas-options=-v"));
                List<KernelFile> files = Arrays.stream(KernelFile.values()).filter(f -> f.isFor(storage, capability)).toList();
                everyKernelCompilesWithinTheBudget(compiler, files, options, storage, inFull(capability, storage));
            }
        }
    }

    private static void everyKernelCompilesWithinTheBudget(KernelCompiler compiler, List<KernelFile> files, List<String> options, Storage storage,
            boolean inFull) {
        TreeSet<String> seen = new TreeSet<>();
        List<String> over = new ArrayList<>();
        for (KernelFile file : files) {
            List<List<String>> variants = file.variants(storage);
            for (List<String> macros : inFull ? variants : variants.subList(0, 1)) {
                List<String> all = new ArrayList<>(options);
                macros.forEach(m -> all.add("-D" + m));
                int registers = macros.isEmpty() ? REGISTERS : REGISTERS_OF_VARIANTS;
                Matcher m = USED.matcher(compiler.compile(file.source(), file.fileName(), all).log());
                while (m.find()) {
                    seen.add(m.group(1));
                    if (Integer.parseInt(m.group(5)) > registers || !m.group(2).equals("0") || !m.group(3).equals("0") || !m.group(4).equals("0")) {
                        over.add(m.group(1) + " " + all + ": " + m.group(5) + " registers, a stack of " + m.group(2) + " bytes, spills of " + m.group(3) + " and " + m.group(4) + " bytes");
                    }
                }
            }
        }
        assertEquals(List.of(), over);
        TreeSet<String> all = new TreeSet<>();
        for (Kernel k : Kernel.values()) {
            if (files.contains(k.file())) {
                all.add(k.entry());
            }
        }
        assertEquals(all, seen);
    }
}
