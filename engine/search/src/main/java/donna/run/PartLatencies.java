package donna.run;

import donna.cost.LatencyMeter.Subject;
import donna.distill.Networks;
import donna.distill.Setting;
import donna.nn.Network;
import donna.predict.Statistics;
import donna.space.SearchSpace;
import donna.tensor.Shape;
import donna.train.Inference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Latencies of stem, head and candidates, kept by name, so that a larger space measures only what is new. The teacher's own parts are timed again beside the
 * newcomers: they say how much faster or slower the machine has become since, and the newcomers are brought to the old scale. Where it has become
 * quite another machine, everything is measured again.
 */
final class PartLatencies {
    private static final String FILE = "latency.json";

    /** A machine further from its former speed is in another state, in which a common factor explains little. */
    private static final double MOST_DRIFT = 1.5;

    private static final String CHANGE = "latency: the teacher's parts take %.3f times as long as when the others were measured; ";

    private final Setting setting;
    private final RunFolder folder;
    private final Object inputs;
    private final Meter meter;

    /** Times subjects on the device: median milliseconds of a batch through each, in the time given for each. */
    interface Meter {
        double[] measureMs(int batch, List<Subject> subjects, double seconds);
    }

    PartLatencies(Setting setting, RunFolder folder, Object inputs, Meter meter) {
        this.setting = setting;
        this.folder = folder;
        this.inputs = inputs;
        this.meter = meter;
    }

    /**
     * Milliseconds of one batch.
     *
     * @param teacherMs the reference model's blocks
     * @param candidateMs by block and candidate, as {@link #name} names them
     */
    record Parts(int batch, double stemMs, double headMs, double[] teacherMs, Map<String, Double> candidateMs) {}

    private record Kept(List<Parts> tables) {}

    /** {@code b1/mk3e2d1r}. */
    static String name(SearchSpace space, int block, int candidate) {
        return space.blocks().get(block).name() + "/" + space.candidate(block, candidate);
    }

    /** Measures what is not known yet, for each batch size. */
    List<Parts> run(List<Integer> batches) {
        List<Parts> known = folder.kept(FILE, inputs, Kept.class).map(Kept::tables).orElse(List.of());
        List<Parts> out = new ArrayList<>();
        for (int batch : batches) {
            out.add(known.stream().filter(p -> p.batch() == batch).findFirst().map(this::completed).orElseGet(() -> completed(
                    new Parts(batch, 0, 0, new double[0], Map.of()))));
        }
        folder.keep(FILE, setting.spec().seed(), inputs, new Kept(out));
        return out;
    }

    private Parts completed(Parts known) {
        SearchSpace space = setting.space();
        Network teacher = setting.teacher();
        List<Shape> boundaries = Inference.boundaryShapes(teacher, setting.imageShape());
        int blocks = space.blocks().size();
        List<Subject> subjects = new ArrayList<>();
        subjects.add(new Subject(teacher.stem(), setting.imageShape()));
        subjects.add(new Subject(teacher.head(), boundaries.getLast()));
        for (int n = 0; n < blocks; n++) {
            subjects.add(new Subject(teacher.blocks().get(n), boundaries.get(n)));
        }
        List<String> fresh = new ArrayList<>();
        for (int n = 0; n < blocks; n++) {
            for (int m = 0; m < space.options()[n]; m++) {
                if (!known.candidateMs().containsKey(name(space, n, m))) {
                    fresh.add(name(space, n, m));
                    subjects.add(new Subject(Networks.block(setting.spec().model(), space.blocks().get(n), space.candidate(n, m)), boundaries.get(n)));
                }
            }
        }
        if (fresh.isEmpty()) {
            return known;
        }
        double[] ms = meter.measureMs(known.batch(), subjects, setting.spec().latency().secondsPerBlock());
        double[] teacherMs = Arrays.copyOfRange(ms, 2, 2 + blocks);
        boolean first = known.candidateMs().isEmpty();
        Parts base = first ? new Parts(known.batch(), ms[0], ms[1], teacherMs, Map.of()) : known;
        double drift = first ? 1 : drift(base, ms);
        if (!(drift < MOST_DRIFT && drift > 1 / MOST_DRIFT)) {
            setting.progress().line(CHANGE.formatted(drift) + "the machine is in another state, all candidates are measured again");
            return completed(new Parts(known.batch(), 0, 0, new double[0], Map.of()));
        }
        if (!first) {
            setting.progress().line(CHANGE.formatted(drift) + "the new candidates are divided by it");
        }
        Map<String, Double> all = new TreeMap<>(base.candidateMs());
        for (int i = 0; i < fresh.size(); i++) {
            all.put(fresh.get(i), ms[2 + blocks + i] / drift);
        }
        return new Parts(base.batch(), base.stemMs(), base.headMs(), base.teacherMs(), all);
    }

    /** Median of now over then, over the parts that were timed both times. */
    private double drift(Parts then, double[] now) {
        double[] ratios = new double[2 + then.teacherMs().length];
        ratios[0] = now[0] / then.stemMs();
        ratios[1] = now[1] / then.headMs();
        for (int n = 0; n < then.teacherMs().length; n++) {
            ratios[2 + n] = now[2 + n] / then.teacherMs()[n];
        }
        return Statistics.median(ratios);
    }
}
