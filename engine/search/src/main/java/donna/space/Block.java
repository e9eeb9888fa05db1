package donna.space;

/**
 * One cut of the reference model: what every candidate for it must take and give.
 *
 * @param name unique within a space
 * @param in channels of its input {@code [N, in, H, W]}
 * @param out channels of its output {@code [N, out, ceil(H / stride), ceil(W / stride)]}
 * @param stride of its first layer
 */
public record Block(String name, int in, int out, int stride) {}
