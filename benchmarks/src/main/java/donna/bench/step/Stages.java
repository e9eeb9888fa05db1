package donna.bench.step;

import donna.spec.Json;
import java.nio.file.Path;
import java.util.List;

/** The work of the block-distillation comparison, as {@code bkd_stages.json} describes it for both sides. */
public record Stages(List<Stage> stages) {
    /** Candidates trained on one input and target: {@code [batch, in, size, size]} to {@code [batch, out, size / stride, size / stride]}. */
    public record Stage(String name, int batch, int in, int out, int size, int stride, List<Candidate> candidates) {
        /** With its first {@code count} candidates only. */
        public Stage first(int count) {
            return new Stage(name, batch, in, out, size, stride, candidates.subList(0, count));
        }
    }

    /** A stack of {@code depth} layers; the first carries the stride and the change of channels. */
    public record Candidate(String type, int depth, int kernel, int expand, boolean se, String act) {
        public Candidate {
            if (!type.equals("mbconv") && !type.equals("fused")) {
                throw new IllegalArgumentException("a candidate of a stage is of type mbconv or fused, not " + type);
            }
        }

        /** Such as {@code mbconv d2 k7 e6 se swish}. */
        public String inWords() {
            return type + " d" + depth + " k" + kernel + " e" + expand + (se ? " se " : " - ") + act;
        }
    }

    public static Stages read(Path file) {
        return Json.read(file, Stages.class);
    }
}
