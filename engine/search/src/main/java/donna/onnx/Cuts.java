package donna.onnx;

import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where a model can be cut: after a step whose result is all that later steps read of what came before.
 *
 * @param names of the values, in order, the model's input first and its output last
 * @param after the number of steps up to each
 */
record Cuts(Program program, List<String> names, List<Integer> after) {
    Cuts {
        names = List.copyOf(names);
        after = List.copyOf(after);
    }

    static Cuts of(Program program) {
        List<Step> steps = program.steps();
        Map<String, Integer> lastRead = new HashMap<>();
        for (int i = 0; i < steps.size(); i++) {
            // What a Shape tells is known beforehand, and no reason to keep the features.
            if (program.declared().containsKey(steps.get(i).node().output())) {
                int at = i;
                steps.get(i).reads().forEach(r -> lastRead.put(r, at));
            }
        }
        lastRead.put(program.file().output(), steps.size());
        List<String> names = new ArrayList<>(List.of(program.file().input()));
        List<Integer> after = new ArrayList<>(List.of(0));
        int needed = lastRead.getOrDefault(program.file().input(), 0);
        for (int i = 0; i < steps.size(); i++) {
            String result = steps.get(i).node().output();
            for (String other : steps.get(i).node().outputs().subList(1, steps.get(i).node().outputs().size())) {
                needed = Math.max(needed, lastRead.getOrDefault(other, 0));
            }
            if (program.declared().containsKey(result)) {
                if (needed <= i) {
                    names.add(result);
                    after.add(i + 1);
                }
                needed = Math.max(needed, lastRead.getOrDefault(result, 0));
            }
        }
        return new Cuts(program, names, after);
    }

    /** {@code [C, H, W]} of feature maps; other features without their first dimension. */
    Shape shape(String name) {
        Shape s = program.declared().get(name);
        int[] dims = new int[s.rank() - 1];
        System.arraycopy(s.dims(), 1, dims, 0, dims.length);
        return Lowering.shape(dims);
    }

    /** The part between two of the names. */
    Segment between(String from, String to) {
        int first = after.get(names.indexOf(from));
        int last = after.get(names.indexOf(to));
        return new Segment(program, program.steps().subList(first, last), from, to);
    }

    /**
     * The ends of the stem and of every block, where the image gets smaller: the last place before it that no
     * pointwise convolution has widened, for that one already belongs to what follows.
     */
    List<String> automatic() {
        List<String> maps = new ArrayList<>();
        for (String name : names.subList(1, names.size())) {
            if (program.declared().get(name).rank() == 4 && shape(name).dim(1) * shape(name).dim(2) > 1 && !widens(name)) {
                maps.add(name);
            }
        }
        if (maps.isEmpty()) {
            return List.of();
        }
        List<String> ends = new ArrayList<>(Collections.singletonList(maps.getFirst()));
        for (int i = 1; i < maps.size(); i++) {
            boolean last = i + 1 == maps.size() || shape(maps.get(i + 1)).dim(1) < shape(maps.get(i)).dim(1);
            if (last) {
                ends.add(maps.get(i));
            }
        }
        return ends;
    }

    /** Whether a 1x1 convolution makes more channels here than there were. */
    private boolean widens(String name) {
        int at = names.indexOf(name);
        Segment own = between(names.get(at - 1), name);
        Shape before = shape(names.get(at - 1));
        return own.steps().size() == 1
                && own.steps().getFirst() instanceof Step.Convolution
                && before.rank() == 3
                && before.dim(1) == shape(name).dim(1)
                && isPointwise((Step.Convolution) own.steps().getFirst())
                && shape(name).dim(0) > before.dim(0);
    }

    private boolean isPointwise(Step.Convolution c) {
        Constant weight = program.constants().get(c.conv().input(1)).value();
        return weight.dims()[2] == 1 && weight.dims()[3] == 1;
    }
}
