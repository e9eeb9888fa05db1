package donna.data;

import donna.tensor.DonnaException;

/**
 * Random changes of colour in a random order, as torchvision's {@code ColorJitter}: factors uniform in {@code 1 - x .. 1 + x} (not below 0), the hue's turn
 * in {@code -x .. x}.
 *
 * @param brightness 0 for none
 * @param contrast 0 for none
 * @param saturation 0 for none
 * @param hue share of the circle, up to 0.5
 */
public record ColourJitter(double brightness, double contrast, double saturation, double hue) {
    public ColourJitter {
        if (!(brightness >= 0 && contrast >= 0 && saturation >= 0 && hue >= 0 && hue <= 0.5)) {
            throw new DonnaException.InvalidInput("augmentation: jitter of brightness " + brightness + ", contrast " + contrast + ", saturation "
                    + saturation + ", hue " + hue + "; expected none below 0 and a hue up to 0.5");
        }
    }

    void apply(Draws draws, byte[] image, int channels) {
        int[] order = {0, 1, 2, 3};
        for (int i = 3; i > 0; i--) {
            int j = draws.below(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        double[] drawn = {factor(draws, brightness), factor(draws, contrast), factor(draws, saturation), draws.between(-hue, hue)};
        for (int op : order) {
            switch (op) {
                case 0 -> ColourOps.brightness(image, (float) drawn[0]);
                case 1 -> ColourOps.contrast(image, channels, (float) drawn[1]);
                case 2 -> ColourOps.saturation(image, channels, (float) drawn[2]);
                default -> ColourOps.hue(image, channels, drawn[3]);
            }
        }
    }

    private static double factor(Draws draws, double reach) {
        return draws.between(Math.max(0, 1 - reach), 1 + reach);
    }
}
