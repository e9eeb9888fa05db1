package donna.finetune;

import donna.data.Dataset;
import donna.distill.Setting;
import donna.distill.Teacher;
import donna.tensor.Tensor;
import donna.train.Batches;
import donna.train.Inference;
import java.util.stream.IntStream;

/**
 * The teacher's logits of some images without augmentation, computed once.
 *
 * @param values row-major {@code [images, classes]}
 */
public record TeacherLogits(float[] values, int classes) {
    private static final int BATCH = 50;

    /** Runs the teacher over {@code images}, all workers side by side. */
    public static TeacherLogits compute(Setting setting, Teacher teacher, Dataset images) {
        int classes = setting.spec().model().classes();
        float[] out = new float[images.size() * classes];
        int[] all = IntStream.range(0, images.size()).toArray();
        int batches = (images.size() + BATCH - 1) / BATCH;
        int tasks = setting.workers().count();
        setting.workers().forEach(tasks, (t, stream) -> {
            try (Batches input = new Batches(stream.device(), setting.plain(images), BATCH);
                    Inference net = new Inference(
                            stream.device(), teacher.network(), teacher.values(), setting.imageShape(), BATCH, false);
                    Tensor logits = stream.device().tensor(net.bindings().get(Inference.LOGITS))) {
                net.bind(Inference.IMAGES, input.images());
                net.bind(Inference.LOGITS, logits);
                for (int b = t; b < batches; b += tasks) {
                    setting.progress().check();
                    int count = input.fill(all, b * BATCH, 0);
                    net.run(stream);
                    stream.synchronize();
                    System.arraycopy(logits.toFloats(), 0, out, b * BATCH * classes, count * classes);
                }
            }
        });
        return new TeacherLogits(out, classes);
    }

    /**
     * Mean Kullback-Leibler divergence, in nats, of a student's softmax from the teacher's over the same images.
     *
     * @param student logits, row-major {@code [images, classes]}
     */
    public double divergence(float[] student) {
        double sum = 0;
        for (int at = 0; at < values.length; at += classes) {
            double ours = logSumExp(values, at);
            double theirs = logSumExp(student, at);
            for (int k = at; k < at + classes; k++) {
                double log = values[k] - ours;
                sum += Math.exp(log) * (log - (student[k] - theirs));
            }
        }
        return sum * classes / values.length;
    }

    private double logSumExp(float[] logits, int at) {
        double top = Double.NEGATIVE_INFINITY;
        for (int k = at; k < at + classes; k++) {
            top = Math.max(top, logits[k]);
        }
        double sum = 0;
        for (int k = at; k < at + classes; k++) {
            sum += Math.exp(logits[k] - top);
        }
        return top + Math.log(sum);
    }

    /** Copies the rows of {@code indices[from .. from + rows - 1]} to {@code target}. */
    void gather(int[] indices, int from, int rows, float[] target) {
        for (int r = 0; r < rows; r++) {
            System.arraycopy(values, indices[from + r] * classes, target, r * classes, classes);
        }
    }
}
