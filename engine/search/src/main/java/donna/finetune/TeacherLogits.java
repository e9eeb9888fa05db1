package donna.finetune;

import donna.distill.Setting;
import donna.distill.Teacher;
import donna.tensor.Tensor;
import donna.train.Batches;
import donna.train.Inference;
import java.util.stream.IntStream;

/**
 * The teacher's logits of the first training images without augmentation, computed once.
 *
 * @param values row-major {@code [images, classes]}
 */
public record TeacherLogits(float[] values, int classes) {
    private static final int BATCH = 100;

    /** Runs the teacher over the first {@code images} training images, all workers side by side. */
    public static TeacherLogits compute(Setting setting, Teacher teacher, int images) {
        int classes = setting.spec().model().classes();
        float[] out = new float[images * classes];
        int[] all = IntStream.range(0, images).toArray();
        int batches = (images + BATCH - 1) / BATCH;
        int tasks = setting.workers().count();
        setting.workers().forEach(tasks, (t, stream) -> {
            try (Batches input = new Batches(setting.device(), setting.plain(setting.images().train()), BATCH);
                    Inference net = new Inference(
                            setting.device(), teacher.network(), teacher.values(), setting.imageShape(), BATCH, false);
                    Tensor logits = setting.device().tensor(net.bindings().get(Inference.LOGITS))) {
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

    /** Copies the rows of {@code indices[from .. from + rows - 1]} to {@code target}. */
    void gather(int[] indices, int from, int rows, float[] target) {
        for (int r = 0; r < rows; r++) {
            System.arraycopy(values, indices[from + r] * classes, target, r * classes, classes);
        }
    }
}
