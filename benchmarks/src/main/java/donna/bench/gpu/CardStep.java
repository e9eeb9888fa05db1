package donna.bench.gpu;

import donna.bench.Machine;
import donna.bench.Results;
import donna.bench.Table;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Does steps of the suite in a process of its own: what one breaks, such as a card's context, is broken for it alone. Arguments: the results file, the
 * bundle's folder, the folder for logs, Python (or {@code none}), the seconds that PyTorch may prepare in, those that it may go on for what it is busy with,
 * the steps, {@code NAME=SECONDS}. With a time to prepare, the steps begin after a line of standard input. Prints a table for each, and writes what it finds
 * at once.
 */
final class CardStep {
    /** A section that holds this key is no result. */
    static final String FAILED = "failed";

    private CardStep() {}

    /**
     * What steps work with.
     *
     * @param peers PyTorch; empty if there is none
     * @param deadline of {@link System#nanoTime}
     */
    record Place(Path results, Path bundle, Path logs, Optional<Peers> peers, long deadline) {
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
            Map.entry("ceilings", Ceilings::run),
            Map.entry("kernels", KernelTimes::run),
            Map.entry("products", ProductTimes::run),
            Map.entry("depthwise", DepthwiseTimes::run),
            Map.entry("stage", PeerRaces::stage),
            Map.entry("branches", BranchTimes::run),
            Map.entry("expand", ExpandTimes::run),
            Map.entry("training", PeerRaces::training),
            Map.entry("latency", PeerRaces::latency),
            Map.entry("busy", Busy::run),
            Map.entry("quickstart", SearchRun::run));

    public static void main(String[] args) throws IOException, InterruptedException {
        Path results = Path.of(args[0]);
        Path bundle = Path.of(args[1]);
        Path logs = Path.of(args[2]);
        double ahead = Double.parseDouble(args[4]);
        List<String> steps = List.of(args).subList(6, args.length);
        Optional<Peers> peers = ahead == 0 || args[3].equals("none") ? Optional.empty() : Optional.of(new Peers(args[3], bundle.resolve("gpu_peer.py"), logs));
        if (ahead > 0) {
            List<String> names = steps.stream().map(s -> s.split("=")[0]).toList();
            peers.ifPresent(p -> p.prepare(PeerRaces.ahead(bundle, names), ahead));
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
            if (peers.isPresent()) {
                peers.get().await(Integer.parseInt(args[5]));
            }
        }
        for (String step : steps) {
            String name = step.split("=")[0];
            // Races look at the clock only between two of them.
            long deadline = System.nanoTime() + (long) (Double.parseDouble(step.split("=")[1]) * 0.8e9);
            Place place = new Place(results, bundle, logs, peers, deadline);
            try {
                WORKS.get(name).run(place);
            } catch (Exception e) {
                e.printStackTrace();
                String message = String.valueOf(e);
                System.out.println(name + " failed: " + message.substring(0, Math.min(message.length(), 600)));
                // What was found before it failed is worth more.
                if (!Results.sections(results).containsKey(name)) {
                    place.put(name, Map.of(FAILED, message));
                }
            }
        }
        peers.ifPresent(Peers::close);
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
