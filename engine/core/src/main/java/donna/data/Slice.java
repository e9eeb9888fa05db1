package donna.data;

import donna.tensor.DonnaException;
import java.util.List;

/** A range of another data set, which keeps the bytes and is closed by its own owner. */
record Slice(Dataset whole, int from, int to) implements Dataset {
    Slice {
        if (from < 0 || to > whole.size() || from >= to) {
            throw new DonnaException.InvalidInput("data set '" + whole.name() + "': images " + from + " to " + to
                    + " were asked for; expected a range that is not empty within 0 to " + whole.size());
        }
    }

    @Override
    public String name() {
        return whole.name() + " [" + from + ", " + to + ")";
    }

    @Override
    public int size() {
        return to - from;
    }

    @Override
    public int channels() {
        return whole.channels();
    }

    @Override
    public int height() {
        return whole.height();
    }

    @Override
    public int width() {
        return whole.width();
    }

    @Override
    public List<String> classes() {
        return whole.classes();
    }

    @Override
    public int label(int i) {
        return whole.label(inside(i));
    }

    @Override
    public void read(int i, byte[] dst, int offset) {
        whole.read(inside(i), dst, offset);
    }

    private int inside(int i) {
        if (i < 0 || i >= size()) {
            throw new DonnaException.InvalidInput(
                    "data set '" + name() + "': image " + i + " was asked for; expected 0 to " + (size() - 1));
        }
        return from + i;
    }

    @Override
    public void close() {}
}
