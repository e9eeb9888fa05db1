package donna.run;

import donna.cost.LatencyMeter;
import donna.cost.LatencyMeter.Subject;
import donna.distill.Networks;
import donna.distill.Setting;
import donna.nn.Network;
import donna.space.Architecture;
import donna.spec.LatencySpec;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Latency on this device, the first of several: of the teacher's stem and head, of every candidate of every block, and of whole networks. */
final class CostStage {
    private final Setting setting;
    private final RunFolder folder;
    private final LatencySpec spec;
    private final List<Object> place;

    /** @param distilled what the library depends on, apart from the space */
    CostStage(Setting setting, RunFolder folder, Object distilled) {
        this.setting = setting;
        this.folder = folder;
        this.spec = setting.spec().latency();
        this.place = List.of(distilled, spec, setting.device().name(), Machine.describe());
    }

    /** What the measurements depend on. */
    Object inputs() {
        return List.of(place, setting.spec().space());
    }

    /**
     * Milliseconds of one batch through the parts of networks.
     *
     * @param batch images in it
     * @param fixedMs stem and head together
     * @param blockMs by block and candidate
     * @param teacherMs the reference model as a whole
     * @param teacherSumMs the sum of its parts
     * @param checks whole networks beside the sums of their parts
     */
    record Table(int batch, double fixedMs, double[][] blockMs, double teacherMs, double teacherSumMs, List<Check> checks) {}

    /** A network measured as a whole. */
    record Check(String architecture, double sumMs, double wholeMs) {}

    /** What the run keeps of this stage: one table for each batch size of the spec. */
    record Measured(List<Table> tables) {
        Table at(int batch) {
            return tables.stream().filter(t -> t.batch() == batch).findFirst().orElseThrow();
        }
    }

    /**
     * The tables that the run keeps, or new ones.
     *
     * @param checks architectures to measure as whole networks
     */
    Measured run(Supplier<List<Architecture>> checks) {
        return folder.artefact("cost.json", setting.spec().seed(), inputs(), Measured.class, () -> {
                    setting.progress().phase("latency");
                    if (setting.workers().devices().size() > 1) {
                        setting.progress().line("latency: measured on " + setting.device().name() + " alone");
                    }
                    List<Architecture> whole = checks.get();
                    List<PartLatencies.Parts> parts = new PartLatencies(setting, folder, place, this::measure).run(spec.batches());
                    return new Measured(parts.stream().map(p -> table(p, whole)).toList());
                })
                .value();
    }

    private Table table(PartLatencies.Parts measured, List<Architecture> checks) {
        int[] options = setting.space().options();
        double[][] blockMs = new double[options.length][];
        for (int n = 0; n < options.length; n++) {
            blockMs[n] = new double[options[n]];
            for (int m = 0; m < options[n]; m++) {
                blockMs[n][m] = measured.candidateMs().get(PartLatencies.name(setting.space(), n, m));
            }
        }
        double fixed = measured.stemMs() + measured.headMs();
        List<Network> networks = new ArrayList<>(List.of(setting.teacher()));
        checks.forEach(a -> networks.add(Networks.of(setting.spec(), setting.space(), a)));
        double[] whole = networks(measured.batch(), networks);
        List<Check> checked = new ArrayList<>();
        for (int i = 0; i < checks.size(); i++) {
            double sum = fixed;
            for (int n = 0; n < options.length; n++) {
                sum += blockMs[n][checks.get(i).choice(n)];
            }
            checked.add(new Check(setting.space().name(checks.get(i)), sum, whole[i + 1]));
        }
        double teacherSum = fixed + Arrays.stream(measured.teacherMs()).sum();
        return new Table(measured.batch(), fixed, blockMs, whole[0], teacherSum, checked);
    }

    /** Median milliseconds of one batch through whole networks. */
    double[] networks(int batch, List<Network> networks) {
        Shape image = setting.imageShape();
        return measure(batch, networks.stream().map(n -> Subject.network(n, image)).toList(), spec.secondsPerNetwork());
    }

    private double[] measure(int batch, List<Subject> subjects, double seconds) {
        double[][] out = new double[1][];
        setting.workers().forEachOnFirst(1, (i, stream) ->
                out[0] = new LatencyMeter(setting.device(), batch).measureMs(stream, subjects, seconds, setting.progress()::check));
        return out[0];
    }
}
