package donna.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LayoutTest {
    private static final Layout C16 = new Layout(16);

    @Test
    void missingChannelsOfTheLastBlockAreStored() {
        Shape s = new Shape(3, 24, 5, 7);
        assertEquals(32, C16.paddedChannels(s));
        assertEquals(3 * 32 * 5 * 7, C16.elements(s));
        assertEquals(3 * 24 * 5 * 7, Layout.PLAIN.elements(s));
        assertEquals(3 * 32 * 5 * 7 * 4, TensorSpec.of(DType.F32, s).with(C16).bytes());
    }

    @Test
    void channelsOfABlockAreNeighbours() {
        Shape s = new Shape(2, 24, 5, 7);
        assertEquals(0, C16.index(s, 0, 0, 0, 0));
        assertEquals(1, C16.index(s, 0, 1, 0, 0));
        assertEquals(16, C16.index(s, 0, 0, 0, 1));
        assertEquals(7 * 16, C16.index(s, 0, 0, 1, 0));
        assertEquals(5 * 7 * 16, C16.index(s, 0, 16, 0, 0));
        assertEquals(2 * 5 * 7 * 16, C16.index(s, 1, 0, 0, 0));
    }

    @Test
    void channelsLastHasNoMissingChannels() {
        Shape s = new Shape(2, 5, 3, 4);
        assertEquals(5, Layout.CHANNELS_LAST.paddedChannels(s));
        assertEquals(2 * 5 * 3 * 4, Layout.CHANNELS_LAST.elements(s));
        assertEquals(((1 * 3 + 2) * 4 + 3) * 5 + 4, Layout.CHANNELS_LAST.index(s, 1, 4, 2, 3));
        assertEquals("F32 [2, 5, 3, 4] channels last", TensorSpec.f32(2, 5, 3, 4).with(Layout.CHANNELS_LAST).toString());
    }

    @Test
    void theIndexOfPlainIsRowMajor() {
        assertEquals(((1 * 3 + 2) * 5 + 4) * 7 + 6, Layout.PLAIN.index(new Shape(2, 3, 5, 7), 1, 2, 4, 6));
    }

    @Test
    void everyElementHasAPlaceOfItsOwn() {
        Shape s = new Shape(2, 5, 3, 4);
        Layout c4 = new Layout(4);
        Set<Long> places = new HashSet<>();
        for (int i = 0; i < s.elements(); i++) {
            long at = c4.index(s, i / 60, i / 12 % 5, i / 4 % 3, i % 4);
            assertTrue(at >= 0 && at < c4.elements(s) && places.add(at), () -> "element at " + at);
        }
    }

    @Test
    void oddBlocksAndOtherRanksAreRefused() {
        assertThrows(DonnaException.ShapeMismatch.class, () -> new Layout(12));
        assertThrows(DonnaException.ShapeMismatch.class, () -> C16.elements(new Shape(3, 24)));
        TensorSpec flat = TensorSpec.f32(3, 24);
        assertThrows(DonnaException.ShapeMismatch.class, () -> flat.with(C16));
    }
}
