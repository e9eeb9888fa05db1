package donna.train;

import donna.graph.Value;
import donna.nn.GraphWriter;

/** Writes a network's forward pass and its loss; whatever it needs from outside are inputs of the graph. */
@FunctionalInterface
public interface Objective {
    /** Writes the ops and returns the loss {@code [1]}. */
    Value write(GraphWriter writer);
}
