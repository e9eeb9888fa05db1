package donna.bench.gpu;

import donna.backend.Device;
import donna.backend.Stream;
import donna.bench.step.BkdStep;
import donna.bench.step.CandidateStep;
import donna.bench.step.Stages;
import donna.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One step of every candidate of a block: a stage of {@code bkd_stages.json} with the batch and the candidates of a card's search. */
final class StageWork {
    /** Kernel, expansion, depth, and squeeze and excitation with swish or neither: two dozen. */
    static final int CANDIDATES = 24;

    /** Few enough for torch.compile, which takes its time for each: both kinds, each kernel, each depth. */
    static final int FEW_CANDIDATES = 5;

    private StageWork() {}

    /** {@code stage} with another batch and {@code count} of the candidates, evenly chosen. */
    static Stages.Stage scaled(Stages.Stage stage, int batch, int count) {
        List<Stages.Candidate> all = new ArrayList<>();
        for (int depth = 1; depth <= 2; depth++) {
            for (int kernel = 3; kernel <= 7; kernel += 2) {
                for (int expand = 3; expand <= 6; expand += 3) {
                    all.add(new Stages.Candidate("mbconv", depth, kernel, expand, false, "relu6"));
                    all.add(new Stages.Candidate("mbconv", depth, kernel, expand, true, "swish"));
                }
            }
        }
        List<Stages.Candidate> chosen = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            chosen.add(all.get(i * all.size() / count));
        }
        return new Stages.Stage(stage.name(), batch, stage.in(), stage.out(), stage.size(), stage.stride(), chosen);
    }

    /** Ours: plans of {@code group} candidates each, one after another on a stream. */
    static Contender ours(String name, Device device, Stages.Stage stage, int group) {
        Map<String, Tensor> data = BkdStep.data(device, stage);
        List<AutoCloseable> owned = new ArrayList<>();
        Stream stream = device.openStream();
        owned.add(stream);
        List<CandidateStep> steps = new ArrayList<>();
        for (int i = 0; i < stage.candidates().size(); i += group) {
            steps.add(new CandidateStep(device, stage, stage.candidates().subList(i, Math.min(i + group, stage.candidates().size())), data));
        }
        owned.addAll(steps);
        owned.addAll(data.values());
        return new Timing(name, () -> steps.forEach(s -> s.plan().run(stream)), stream::synchronize, owned);
    }

    /** What PyTorch is asked for. */
    static Map<String, Object> request(Stages.Stage stage, String variant, String precision) {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("kind", "stage");
        request.put("variant", variant);
        request.put("precision", precision);
        request.put("stage", stage);
        return request;
    }
}
