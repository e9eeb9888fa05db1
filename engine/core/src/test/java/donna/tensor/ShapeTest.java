package donna.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ShapeTest {
    @Test
    void dimensionsAreCountedFromBothEnds() {
        Shape s = new Shape(2, 3, 5, 7);
        assertEquals(4, s.rank());
        assertEquals(3, s.dim(1));
        assertEquals(7, s.dim(-1));
        assertEquals(210, s.elements());
        assertEquals(new Shape(2, 3, 5, 1), s.with(-1, 1));
        assertEquals("[2, 3, 5, 7]", s.toString());
    }

    @Test
    void shapesAreEqualByTheirDimensionsAndCannotBeChanged() {
        int[] dims = {2, 3};
        Shape s = new Shape(dims);
        dims[0] = 9;
        s.dims()[1] = 9;
        assertEquals(new Shape(2, 3), s);
        assertEquals(new Shape(2, 3).hashCode(), s.hashCode());
        assertNotEquals(new Shape(3, 2), s);
    }

    @Test
    void aDimensionBelowOneIsRefused() {
        assertThrows(DonnaException.ShapeMismatch.class, () -> new Shape(3, 0));
    }

    @Test
    void tooManyElementsAreAnErrorAndNoWrongNumber() {
        Shape s = new Shape(1 << 30, 1 << 30, 1 << 30);
        assertThrows(ArithmeticException.class, s::elements);
    }
}
