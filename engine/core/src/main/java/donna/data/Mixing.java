package donna.data;

import donna.tensor.DonnaException;

/**
 * Mixes each image of a batch with its partner, the one at the same distance from the batch's end, labels in the same proportion: all of it (mixup: Zhang,
 * Cisse, Dauphin, Lopez-Paz 2018), or a rectangle (CutMix: Yun et al. 2019). One share for a batch; where both are wanted, each batch draws one of them.
 *
 * @param mixup the share is Beta(mixup, mixup); 0 for none
 * @param cutmix the share of the image kept is Beta(cutmix, cutmix); 0 for none
 */
public record Mixing(double mixup, double cutmix) {
    /** Images stay apart. */
    public static final Mixing NONE = new Mixing(0, 0);

    public Mixing {
        if (!(mixup >= 0 && mixup <= 100 && cutmix >= 0 && cutmix <= 100)) {
            throw new DonnaException.InvalidInput("augmentation: mixup " + mixup + " and cutmix " + cutmix + "; expected 0 to 100 each");
        }
    }

    /** Whether anything is mixed. */
    public boolean isOn() {
        return mixup > 0 || cutmix > 0;
    }

    /**
     * What happens to one batch.
     *
     * @param share of the image itself in its label
     * @param box taken from the partner; of height 0 where all pixels are mixed
     */
    record Draw(double share, ResizedCrop.Box box) {}

    Draw draw(Draws draws, int height, int width) {
        boolean cut = cutmix > 0 && (mixup == 0 || draws.below(2) == 1);
        double share = draws.beta(cut ? cutmix : mixup);
        if (!cut) {
            return new Draw(share, new ResizedCrop.Box(0, 0, 0, 0));
        }
        double side = Math.sqrt(1 - share);
        int h = (int) (height * side);
        int w = (int) (width * side);
        int y = draws.below(height);
        int x = draws.below(width);
        int top = Math.clamp(y - h / 2, 0, height);
        int left = Math.clamp(x - w / 2, 0, width);
        int bottom = Math.clamp(y + h / 2, 0, height);
        int right = Math.clamp(x + w / 2, 0, width);
        double kept = 1 - (double) (bottom - top) * (right - left) / (height * width);
        return new Draw(kept, new ResizedCrop.Box(top, left, bottom - top, right - left));
    }

    /** Mixes {@code images [count, channels, height, width]} in place. */
    static void apply(Draw draw, float[] images, int count, int channels, int height, int width) {
        int n = channels * height * width;
        float share = (float) draw.share();
        ResizedCrop.Box box = draw.box();
        for (int i = 0; i < count / 2; i++) {
            int a = i * n;
            int b = (count - 1 - i) * n;
            if (box.height() == 0 || box.width() == 0) {
                for (int k = 0; k < n && draw.share() < 1; k++) {
                    float x = images[a + k];
                    float y = images[b + k];
                    images[a + k] = share * x + (1 - share) * y;
                    images[b + k] = share * y + (1 - share) * x;
                }
            } else {
                for (int row = 0; row < channels * box.height(); row++) {
                    int at = (row / box.height() * height + box.top() + row % box.height()) * width + box.left();
                    for (int x = at; x < at + box.width(); x++) {
                        float swapped = images[a + x];
                        images[a + x] = images[b + x];
                        images[b + x] = swapped;
                    }
                }
            }
        }
    }
}
