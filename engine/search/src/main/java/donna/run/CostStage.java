package donna.run;

import donna.cost.LatencyMeter;
import donna.cost.LatencyMeter.Subject;
import donna.distill.Networks;
import donna.distill.Setting;
import donna.nn.Network;
import donna.space.Architecture;
import donna.spec.LatencySpec;
import donna.tensor.Shape;
import donna.train.Inference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Latency on this device: of the teacher's stem and head, of every candidate of every block, and of whole networks. */
final class CostStage {
    private final Setting setting;
    private final LatencySpec spec;
    private final List<Shape> boundaries;

    CostStage(Setting setting) {
        this.setting = setting;
        this.spec = setting.spec().latency();
        this.boundaries = Inference.boundaryShapes(setting.teacher(), setting.imageShape());
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

    /** @param checks architectures to measure as whole networks */
    Measured run(List<Architecture> checks) {
        setting.progress().phase("latency");
        return new Measured(spec.batches().stream().map(b -> table(b, checks)).toList());
    }

    private Table table(int batch, List<Architecture> checks) {
        Network teacher = setting.teacher();
        List<Subject> parts = new ArrayList<>();
        parts.add(new Subject(teacher.stem(), setting.imageShape()));
        parts.add(new Subject(teacher.head(), boundaries.getLast()));
        int[] options = setting.space().options();
        for (int n = 0; n < options.length; n++) {
            for (int m = 0; m < options[n]; m++) {
                parts.add(new Subject(Networks.block(setting.space().blocks().get(n), setting.space().candidate(n, m)), boundaries.get(n)));
            }
        }
        for (int n = 0; n < options.length; n++) {
            parts.add(new Subject(teacher.blocks().get(n), boundaries.get(n)));
        }
        double[] ms = measure(batch, parts, spec.secondsPerBlock());
        double[][] blockMs = new double[options.length][];
        int at = 2;
        for (int n = 0; n < options.length; n++) {
            blockMs[n] = Arrays.copyOfRange(ms, at, at + options[n]);
            at += options[n];
        }
        double fixed = ms[0] + ms[1];
        double teacherSum = fixed + Arrays.stream(ms, at, ms.length).sum();
        List<Network> networks = new ArrayList<>(List.of(teacher));
        checks.forEach(a -> networks.add(Networks.of(setting.spec(), setting.space(), a)));
        double[] whole = networks(batch, networks);
        List<Check> checked = new ArrayList<>();
        for (int i = 0; i < checks.size(); i++) {
            double sum = fixed;
            for (int n = 0; n < options.length; n++) {
                sum += blockMs[n][checks.get(i).choice(n)];
            }
            checked.add(new Check(setting.space().name(checks.get(i)), sum, whole[i + 1]));
        }
        return new Table(batch, fixed, blockMs, whole[0], teacherSum, checked);
    }

    /** Median milliseconds of one batch through whole networks. */
    double[] networks(int batch, List<Network> networks) {
        List<Subject> subjects = networks.stream().map(n -> Subject.network(n, setting.imageShape())).toList();
        return measure(batch, subjects, spec.secondsPerNetwork());
    }

    private double[] measure(int batch, List<Subject> subjects, double seconds) {
        double[][] out = new double[1][];
        setting.workers().forEach(1, (i, stream) ->
                out[0] = new LatencyMeter(setting.device(), batch).measureMs(stream, subjects, seconds, setting.progress()::check));
        return out[0];
    }
}
