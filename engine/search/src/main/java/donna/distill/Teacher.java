package donna.distill;

import donna.nn.Network;
import java.util.Map;

/** The reference model with its weights. */
public record Teacher(Network network, Map<String, float[]> values) {}
