package donna.cpu;

import donna.cpu.kernel.Lanes;
import donna.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * The planes of blocked images in pieces that stay in a second-level cache between the loops over them: several images, or some channel blocks of one. In
 * memory a piece is a range.
 *
 * @param planes channel blocks of an image
 */
record Pieces(int planes, List<Piece> all) {
    /** Of one tensor; a step has several of them in the cache. */
    static final int BYTES = 64 << 10;

    /**
     * Planes {@code [first, first + images * blocks)}.
     *
     * @param last whether the piece ends an image
     */
    record Piece(int first, int images, int blocks, boolean last) {
        int count() {
            return images * blocks;
        }
    }

    /** For images of {@code shape}. */
    static Pieces of(Shape shape) {
        int planes = Lanes.blocks(shape.dim(1));
        int fitting = Math.max(1, BYTES / (shape.dim(2) * shape.dim(3) * Lanes.BYTES));
        List<Piece> all = new ArrayList<>();
        if (planes <= fitting) {
            return whole(shape);
        }
        int cuts = (planes + fitting - 1) / fitting;
        int most = (planes + cuts - 1) / cuts;
        for (int i = 0; i < shape.dim(0); i++) {
            for (int b = 0; b < planes; b += most) {
                int blocks = Math.min(most, planes - b);
                all.add(new Piece(i * planes + b, 1, blocks, b + blocks == planes));
            }
        }
        return new Pieces(planes, all);
    }

    /** Whole images only, however large one is. */
    static Pieces whole(Shape shape) {
        int planes = Lanes.blocks(shape.dim(1));
        int images = images(shape);
        List<Piece> all = new ArrayList<>();
        for (int i = 0; i < shape.dim(0); i += images) {
            all.add(new Piece(i * planes, images, planes, true));
        }
        return new Pieces(planes, all);
    }

    /** How many whole images make a piece, of a number that divides theirs; at least one. */
    private static int images(Shape shape) {
        long bytes = (long) Lanes.blocks(shape.dim(1)) * shape.dim(2) * shape.dim(3) * Lanes.BYTES;
        int images = Math.clamp(BYTES / bytes, 1, shape.dim(0));
        while (shape.dim(0) % images != 0) {
            images--;
        }
        return images;
    }

    /** Planes of the largest piece. */
    int largest() {
        return all.stream().mapToInt(Piece::count).max().orElse(0);
    }
}
