package donna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Every operation on pixels gives the bytes that PIL gives; {@code goldens.py} beside the file says how they were made. */
class AugmentGoldensTest {
    private static final int W = 13;
    private static final int H = 9;

    private record Golden(String name, String argument, byte[] pixels) {
        double number() {
            return Double.parseDouble(argument);
        }
    }

    private static List<Golden> goldens() throws IOException {
        try (InputStream in = AugmentGoldensTest.class.getResourceAsStream("augment.txt")) {
            List<Golden> all = new ArrayList<>();
            for (String line : new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList()) {
                String[] parts = line.split(" ");
                all.add(new Golden(parts[0], parts[1], Base64.getDecoder().decode(parts[2])));
            }
            return all;
        }
    }

    private static byte[] planar(byte[] interleaved) {
        byte[] out = new byte[interleaved.length];
        for (int i = 0; i < out.length; i++) {
            out[i % 3 * (out.length / 3) + i / 3] = interleaved[i];
        }
        return out;
    }

    @Test
    void everyOperationGivesPilsBytes() throws IOException {
        TreeMap<String, Integer> seen = new TreeMap<>();
        byte[] source = new byte[0];
        byte[] grey = new byte[0];
        byte[] narrow = new byte[0];
        byte[] big = new byte[0];
        for (Golden g : goldens()) {
            byte[] expected = g.name().endsWith("grey") ? g.pixels() : planar(g.pixels());
            byte[] image = source.clone();
            float factor = g.argument().contains(",") ? 0 : (float) g.number();
            switch (g.name()) {
                case "source" -> image = source = expected;
                case "source-grey" -> image = grey = expected;
                case "narrow" -> image = narrow = expected;
                case "big" -> {
                    big = Resampling.crop(source, 3, H, W, new ResizedCrop.Box(0, 0, H, W), 31, 40);
                    image = big;
                }
                case "brightness" -> ColourOps.brightness(image, factor);
                case "contrast" -> ColourOps.contrast(image, 3, factor);
                case "contrast-grey" -> ColourOps.contrast(image = grey.clone(), 1, factor);
                case "saturation" -> ColourOps.saturation(image, 3, factor);
                case "sharpness" -> ColourOps.sharpness(image, 3, H, W, factor);
                case "hue" -> ColourOps.hue(image, 3, g.number());
                case "posterize" -> ColourOps.posterize(image, (int) g.number());
                case "solarize" -> ColourOps.solarize(image, g.number());
                case "autocontrast" -> ColourOps.autoContrast(image, 3);
                case "autocontrast-narrow" -> ColourOps.autoContrast(image = narrow.clone(), 3);
                case "equalize" -> ColourOps.equalize(image, 3);
                case "equalize-big" -> ColourOps.equalize(image = big.clone(), 3);
                case "shear-x" -> image = Warp.shearX(g.number()).apply(image, 3, H, W);
                case "shear-y" -> image = Warp.shearY(g.number()).apply(image, 3, H, W);
                case "translate-x" -> image = Warp.translate((int) g.number(), 0).apply(image, 3, H, W);
                case "translate-y" -> image = Warp.translate(0, (int) g.number()).apply(image, 3, H, W);
                case "rotate" -> image = Warp.rotate(g.number(), H, W).apply(image, 3, H, W);
                case "crop" -> {
                    int[] p = Arrays.stream(g.argument().split(",")).mapToInt(Integer::parseInt).toArray();
                    image = Resampling.crop(image, 3, H, W, new ResizedCrop.Box(p[0], p[1], p[2], p[3]), p[4], p[5]);
                }
                default -> throw new AssertionError(g.name());
            }
            assertArrayEquals(expected, image, g.name() + " " + g.argument());
            seen.merge(g.name(), 1, Integer::sum);
        }
        assertEquals(22, seen.size(), seen.toString());
        assertEquals(6, seen.get("hue"));
        assertTrue(seen.values().stream().mapToInt(Integer::intValue).sum() > 60, seen.toString());
    }
}
