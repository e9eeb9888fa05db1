package donna.cpu.image;

import donna.data.ImageDecoder;
import donna.ffi.JpegImage;
import donna.ffi.NativeException;
import donna.ffi.Turbojpeg;
import donna.tensor.DonnaException;
import java.util.Optional;

/** Decodes JPEG with libjpeg-turbo where this machine has it: the pixels that PIL and OpenCV see. */
public final class TurboJpegDecoder implements ImageDecoder {
    private final Optional<Turbojpeg> library;
    private final Optional<String> refusal;

    public TurboJpegDecoder() {
        Optional<Turbojpeg> found = Optional.empty();
        Optional<String> why = Optional.empty();
        try {
            found = Optional.of(Turbojpeg.load());
        } catch (NativeException e) {
            why = Optional.of(e.getMessage());
        }
        library = found;
        refusal = why;
    }

    @Override
    public String name() {
        return "turbojpeg";
    }

    @Override
    public Optional<String> refusal() {
        return refusal;
    }

    @Override
    public int rank() {
        return 1;
    }

    @Override
    public boolean handles(String ending) {
        return ending.equals("jpg") || ending.equals("jpeg");
    }

    @Override
    public Pixels decode(byte[] encoded) {
        try {
            JpegImage image = JpegImage.decode(library.orElseThrow(), encoded, MAX_PIXELS);
            int plane = image.height() * image.width();
            byte[] rgb = new byte[3 * plane];
            for (int i = 0; i < plane; i++) {
                rgb[i] = image.rgb()[3 * i];
                rgb[plane + i] = image.rgb()[3 * i + 1];
                rgb[2 * plane + i] = image.rgb()[3 * i + 2];
            }
            return new Pixels(image.height(), image.width(), rgb);
        } catch (NativeException e) {
            throw new DonnaException.InvalidInput("cannot be decoded: " + e.getMessage(), e);
        }
    }
}
