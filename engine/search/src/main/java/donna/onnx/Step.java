package donna.onnx;

import donna.tensor.Activation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A node, or several that are one layer. */
sealed interface Step {
    /** The node whose outputs the step makes: the last of those it stands for. */
    OnnxNode node();

    /** Names that it reads; left-out inputs are not among them. */
    List<String> reads();

    /** A node on its own. */
    record Single(OnnxNode node) implements Step {
        @Override
        public List<String> reads() {
            return node.inputs().stream().filter(i -> !i.isEmpty()).toList();
        }
    }

    /** An activation, written out as several nodes or not. */
    record Activated(OnnxNode node, Activation act, String src) implements Step {
        @Override
        public List<String> reads() {
            return List.of(src);
        }
    }

    /**
     * Layer normalisation over the last dimension, written out as several nodes.
     *
     * @param gamma empty for ones, as {@code beta} for zeros
     */
    record LayerNorm(OnnxNode node, String src, Optional<String> gamma, Optional<String> beta, float eps) implements Step {
        @Override
        public List<String> reads() {
            List<String> all = new ArrayList<>(List.of(src));
            gamma.ifPresent(all::add);
            beta.ifPresent(all::add);
            return all;
        }
    }

    /** Convolution, batch norm, residual, activation, as far as they follow one another. */
    record Convolution(OnnxNode node, OnnxNode conv, Optional<OnnxNode> norm, Optional<String> residual, Activation act)
            implements Step {
        @Override
        public List<String> reads() {
            List<String> all = new ArrayList<>(new Single(conv).reads());
            norm.ifPresent(n -> all.addAll(n.inputs().subList(1, n.inputs().size())));
            residual.ifPresent(all::add);
            return all;
        }
    }

    /** Product with a stored matrix, and the addition of a stored bias. */
    record Linear(OnnxNode node, OnnxNode product, String bias) implements Step {
        @Override
        public List<String> reads() {
            List<String> all = new ArrayList<>(product.inputs());
            all.add(bias);
            return all;
        }
    }
}
