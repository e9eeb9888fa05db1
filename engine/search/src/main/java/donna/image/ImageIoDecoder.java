package donna.image;

import donna.data.ImageDecoder;
import donna.tensor.DonnaException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes JPEG and PNG with the JDK's readers. What the readers only warn of (a truncated or corrupt file filled up
 * with grey) is an error here.
 */
public final class ImageIoDecoder implements ImageDecoder {
    private static final Map<String, String> FORMATS = Map.of("jpg", "jpeg", "jpeg", "jpeg", "png", "png");
    private static final List<String> DAMAGE = List.of("Truncated", "Premature", "Corrupt", "EOI");

    @Override
    public String name() {
        return "imageio-" + Runtime.version().feature();
    }

    @Override
    public boolean handles(String ending) {
        return FORMATS.containsKey(ending);
    }

    @Override
    public Pixels decode(byte[] encoded) {
        try (MemoryCacheImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(encoded))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new DonnaException.InvalidInput("no JPEG or PNG image");
            }
            ImageReader reader = readers.next();
            try {
                List<String> damage = new ArrayList<>();
                reader.addIIOReadWarningListener((r, warning) -> {
                    if (DAMAGE.stream().anyMatch(warning::contains)) {
                        damage.add(warning);
                    }
                });
                reader.setInput(in, true, true);
                if ((long) reader.getWidth(0) * reader.getHeight(0) > MAX_PIXELS) {
                    throw new DonnaException.InvalidInput(
                            reader.getHeight(0) + "x" + reader.getWidth(0) + " pixels, expected at most " + MAX_PIXELS);
                }
                Pixels pixels = planes(reader.read(0));
                if (!damage.isEmpty()) {
                    throw new DonnaException.InvalidInput(damage.getFirst());
                }
                return pixels;
            } finally {
                reader.dispose();
            }
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new DonnaException.InvalidInput("cannot be decoded: " + e.getMessage(), e);
        }
    }

    private static Pixels planes(BufferedImage image) {
        int h = image.getHeight();
        int w = image.getWidth();
        int plane = h * w;
        byte[] rgb = new byte[3 * plane];
        if (image.getType() == BufferedImage.TYPE_3BYTE_BGR) {
            byte[] bgr = ((DataBufferByte) image.getRaster().getDataBuffer()).getData();
            for (int i = 0; i < plane; i++) {
                rgb[i] = bgr[3 * i + 2];
                rgb[plane + i] = bgr[3 * i + 1];
                rgb[2 * plane + i] = bgr[3 * i];
            }
        } else if (isGrey(image)) {
            grey(image.getRaster(), rgb, plane);
        } else {
            int[] row = new int[w];
            for (int y = 0; y < h; y++) {
                image.getRGB(0, y, w, 1, row, 0, w);
                for (int x = 0; x < w; x++) {
                    rgb[y * w + x] = (byte) (row[x] >> 16);
                    rgb[plane + y * w + x] = (byte) (row[x] >> 8);
                    rgb[2 * plane + y * w + x] = (byte) row[x];
                }
            }
        }
        return new Pixels(h, w, rgb);
    }

    private static boolean isGrey(BufferedImage image) {
        return image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY
                && (image.getRaster().getDataBuffer().getDataType() == DataBuffer.TYPE_BYTE
                        || image.getRaster().getDataBuffer().getDataType() == DataBuffer.TYPE_USHORT);
    }

    /** Takes the samples as they are: the JDK's own conversion would treat grey as linear light and brighten it. */
    private static void grey(Raster raster, byte[] rgb, int plane) {
        int bits = raster.getSampleModel().getSampleSize(0);
        int[] row = new int[raster.getWidth()];
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getSamples(0, y, row.length, 1, 0, row);
            for (int x = 0; x < row.length; x++) {
                int v = bits > 8 ? row[x] >> (bits - 8) : row[x] * 255 / ((1 << bits) - 1);
                int at = y * row.length + x;
                rgb[at] = (byte) v;
                rgb[plane + at] = (byte) v;
                rgb[2 * plane + at] = (byte) v;
            }
        }
    }
}
