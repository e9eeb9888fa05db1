package donna.bench.gpu;

import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Does steps of the suite in a process of its own: what one breaks, such as a card's context, is broken for it alone. Arguments: the results file, the
 * bundle's folder, the folder for logs, Python (or {@code none}), seconds, the steps. Prints a table for each, and writes what it finds at once.
 */
final class CardStep {
    /** A section that holds this key is no result. */
    static final String FAILED = "failed";

    private CardStep() {}

    /**
     * What steps work with.
     *
     * @param python with PyTorch; empty if there is none
     * @param deadline of {@link System#nanoTime}
     */
    record Place(Path results, Path bundle, Path logs, String python, long deadline) {
        boolean late() {
            return System.nanoTime() > deadline;
        }

        /** Replaces a section of the results. */
        void put(String name, Object content) {
            Results.putInto(results, name, content);
        }
    }

    /** One step. */
    @FunctionalInterface
    interface Work {
        void run(Place place) throws Exception;
    }

    private static final Map<String, Work> WORKS = Map.ofEntries(
            Map.entry("facts", CardStep::facts),
            Map.entry("parity", Parity::run),
            Map.entry("sanitizer", Sanitizer::run),
            Map.entry("ceilings", Ceilings::run),
            Map.entry("kernels", KernelTimes::run),
            Map.entry("depthwise", DepthwiseTimes::run),
            Map.entry("stage", PeerRaces::stage),
            Map.entry("branches", BranchTimes::run),
            Map.entry("expand", ExpandTimes::run),
            Map.entry("training", PeerRaces::training),
            Map.entry("latency", PeerRaces::latency),
            Map.entry("busy", Busy::run),
            Map.entry("quickstart", SearchRun::run),
            Map.entry("compiled", PeerRaces::compiled));

    public static void main(String[] args) throws IOException {
        long deadline = System.nanoTime() + (long) (Double.parseDouble(args[4]) * 1e9);
        Place place = new Place(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]), args[3].equals("none") ? "" : args[3], deadline);
        for (int i = 5; i < args.length; i++) {
            try {
                WORKS.get(args[i]).run(place);
            } catch (Exception e) {
                e.printStackTrace();
                String message = String.valueOf(e);
                System.out.println(args[i] + " failed: " + message.substring(0, Math.min(message.length(), 600)));
                place.put(args[i], Map.of(FAILED, message));
            }
        }
        // Streams and contexts of a step that failed are still open.
        Runtime.getRuntime().halt(0);
    }

    private static void facts(Place place) {
        CardFacts f = CardFacts.read();
        place.put("facts", f);
        System.out.println(f.name() + ", sm_" + f.capability() + ", " + f.multiprocessors() + " multiprocessors, at most " + f.maxClockMHz() + " MHz, "
                + Table.number(f.memoryGiB()) + " GiB (" + Table.number(f.freeGiB()) + " free) at " + Table.number(f.specifiedGBs()) + " GB/s, L2 "
                + Table.number(f.l2MiB()) + " MiB");
        System.out.println("driver " + f.driver() + ", CUDA " + f.cudaOfDriver() + ", NVRTC " + f.nvrtc() + ", cuBLASLt " + f.cublasLt() + ", cuDNN "
                + f.cudnn());
        System.out.println(f.before());
        System.out.println(Machine.here());
    }
}
