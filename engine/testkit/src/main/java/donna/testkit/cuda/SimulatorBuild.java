package donna.testkit.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Makes the simulator's library with g++, once for each state of its sources, in {@code target/cuda-simulator} of the module that tests. The seed of its
 * choices is in the system property {@value #SEED}.
 */
final class SimulatorBuild {
    static final String SEED = "donna.simulator.seed";
    private static final List<String> PARTS =
            List.of("report", "memory", "block", "stream", "graph", "driver", "driver_streams", "module", "nvrtc", "cublaslt", "convolution", "cudnn");
    /** What kernels are compiled with. */
    private static final String DEVICE_HEADER = "simulated_device.h";

    private static final List<String> HEADERS = List.of("simulator.h", "graph.h", "elements.h", "convolution.h", DEVICE_HEADER);
    private static final List<String> COMPILE =
            List.of("g++", "-std=c++17", "-O2", "-flto", "-fPIC", "-fvisibility=hidden", "-U_FORTIFY_SOURCE", "-c");

    private SimulatorBuild() {}

    /** Why the simulator cannot be made here; empty if it can. */
    static Optional<String> missing() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return Optional.of("it is for Linux, this is " + System.getProperty("os.name"));
        }
        try {
            Process p = new ProcessBuilder("g++", "--version").redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return p.waitFor() == 0 ? Optional.empty() : Optional.of("g++ --version ends with " + p.exitValue());
        } catch (IOException e) {
            return Optional.of("there is no g++ on the path; install g++ 9 or newer");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("interrupted while looking for g++");
        }
    }

    /** The library's file, in a folder of this process's own. */
    static Path build() {
        try {
            Map<String, String> sources = new LinkedHashMap<>();
            HEADERS.forEach(h -> sources.put(h, read(h)));
            PARTS.forEach(p -> sources.put(p + ".cpp", read(p + ".cpp")));
            Path all = Files.createDirectories(Path.of("target", "cuda-simulator").toAbsolutePath());
            Path kept = all.resolve(hash(sources) + ".so");
            if (!Files.exists(kept)) {
                compile(sources, all, kept);
            }
            Path own = Files.createTempDirectory(all, "run");
            Path library = Files.createLink(own.resolve("libcudasim.so"), kept);
            Files.writeString(own.resolve(DEVICE_HEADER), sources.get(DEVICE_HEADER));
            Files.writeString(own.resolve("seed"), System.getProperty(SEED, "1"));
            return library;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(String file) {
        try (InputStream in = SimulatorBuild.class.getResourceAsStream(file)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(Map<String, String> sources) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            sources.values().forEach(s -> digest.update(s.getBytes(StandardCharsets.UTF_8)));
            digest.update(String.join(" ", COMPILE).getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void compile(Map<String, String> sources, Path all, Path kept) throws IOException {
        Path folder = Files.createTempDirectory(all, "build");
        for (Map.Entry<String, String> s : sources.entrySet()) {
            Files.writeString(folder.resolve(s.getKey()), s.getValue());
        }
        List<Process> running = new ArrayList<>();
        for (String part : PARTS) {
            if (running.size() == Runtime.getRuntime().availableProcessors()) {
                await(running.removeFirst(), folder);
            }
            List<String> command = new ArrayList<>(COMPILE);
            command.addAll(List.of("-DDEVICE_HEADER=" + ((sources.get(DEVICE_HEADER) + sources.get("nvrtc.cpp")).hashCode() >>> 1), part + ".cpp", "-o", part + ".o"));
            running.add(start(command, folder));
        }
        for (Process p : running) {
            await(p, folder);
        }
        List<String> link = new ArrayList<>(List.of("g++", "-O2", "-flto=auto", "-shared", "-o", "libcudasim.so", "-ldl"));
        PARTS.forEach(p -> link.add(p + ".o"));
        await(start(link, folder), folder);
        Files.move(folder.resolve("libcudasim.so"), kept, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Process start(List<String> command, Path folder) throws IOException {
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start();
    }

    private static void await(Process p, Path folder) throws IOException {
        try {
            if (!p.waitFor(5, TimeUnit.MINUTES) || p.exitValue() != 0) {
                p.destroyForcibly();
                throw new IllegalStateException("the CUDA simulator does not compile: " + Files.readString(folder.resolve("log")));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the CUDA simulator was compiled", e);
        }
    }
}
