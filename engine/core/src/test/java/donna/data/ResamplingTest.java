package donna.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ResamplingTest {
    @Test
    void anImageOfTheRightSizeIsLeftAlone() {
        byte[] rgb = new byte[3 * 16];
        assertSame(rgb, Resampling.toSquare(new ImageDecoder.Pixels(4, 4, rgb), 4, 4));
    }

    @Test
    void aConstantImageStaysConstantAtEverySize() {
        byte[] rgb = new byte[3 * 7 * 11];
        Arrays.fill(rgb, (byte) 201);
        for (int size = 1; size <= 20; size++) {
            byte[] expected = new byte[3 * size * size];
            Arrays.fill(expected, (byte) 201);
            assertArrayEquals(expected, Resampling.toSquare(new ImageDecoder.Pixels(7, 11, rgb), size, size), "size " + size);
        }
    }

    @Test
    void halvingWeighsFourNeighboursOneThreeThreeOne() {
        // One row pattern 0 0 80 160 0 0 0 0 in every row: output 1 has centre 3, taps at 1..4 weighing 1/8, 3/8, 3/8,
        // 1/8.
        byte[] rgb = new byte[3 * 64];
        for (int row = 0; row < 24; row++) {
            rgb[row * 8 + 2] = 80;
            rgb[row * 8 + 3] = (byte) 160;
        }
        byte[] out = Resampling.toSquare(new ImageDecoder.Pixels(8, 8, rgb), 4, 4);
        assertEquals(90, out[1] & 0xff);
        // Output 2 has centre 5, taps 3..6: 160 / 8. Output 0 has centre 1 and loses its first tap: 80 / 8 over 7 / 8.
        assertEquals(20, out[2] & 0xff);
        assertEquals(Math.round(80 / 7.0), out[0] & 0xff);
    }

    @Test
    void theCentreIsKept() {
        byte[] rgb = new byte[3 * 2 * 6];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i % 6);
        }
        assertArrayEquals(
                new byte[] {2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3},
                Resampling.toSquare(new ImageDecoder.Pixels(2, 6, rgb), 2, 2));
    }
}
