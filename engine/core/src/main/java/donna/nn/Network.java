package donna.nn;

import donna.graph.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * A stem, blocks and a head: the skeleton that a reference model and every architecture of its search space share. Names: {@code conv_stem}, {@code bn1},
 * {@code blocks.N.} and so on, {@code conv_head}, {@code classifier}.
 */
public record Network(Layer stem, List<Layer> blocks, Layer head) {
    public Network {
        blocks = List.copyOf(blocks);
    }

    /** What a written network gives: the stem's result and every block's, then the logits {@code [N, classes]}. */
    public record Written(List<Value> boundaries, Value logits) {}

    /** Parameter prefix of block {@code n}. */
    public static String blockName(int n) {
        return "blocks." + n + ".";
    }

    public Written write(GraphWriter w, Value images) {
        List<Value> boundaries = new ArrayList<>();
        boundaries.add(stem.write(w, "", images));
        for (int n = 0; n < blocks.size(); n++) {
            boundaries.add(blocks.get(n).write(w, blockName(n), boundaries.getLast()));
        }
        return new Written(boundaries, head.write(w, "", boundaries.getLast()));
    }
}
