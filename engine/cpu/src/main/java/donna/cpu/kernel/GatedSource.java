package donna.cpu.kernel;

import java.lang.foreign.MemorySegment;

/**
 * An image times a gate for each of its channels, as in squeeze-and-excite; in the convolution's gradient also the gate's, the sum over the pixels of the data
 * gradient times the image.
 *
 * <p>Memory, in order: image, gate {@code [N, C]}; backward: data gradient, dGate.
 */
public final class GatedSource implements PlaneSource {
    private final ChannelGate gate;
    private final boolean backward;

    public GatedSource(ChannelGate gate, boolean backward) {
        this.gate = gate;
        this.backward = backward;
    }

    @Override
    public int memory() {
        return backward ? 4 : 2;
    }

    @Override
    public void beginImage(int i, MemorySegment[] m) {
        gate.beginScale(i, m[1]);
    }

    @Override
    public void plane(int block, int p, MemorySegment[] m, MemorySegment formed, int to) {
        gate.scalePlane(block, p, m[0], formed, to);
        if (backward) {
            gate.dotPlane(block, p, m[2], m[0]);
        }
    }

    @Override
    public void endImage(int i, MemorySegment[] m) {
        if (backward) {
            gate.endDot(i, m[3]);
        }
    }
}
