package donna.report;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class FiguresTest {
    @Test
    void threeDigitsAreKept() {
        assertEquals("0.123", Figures.digits(0.12345));
        assertEquals("1.23", Figures.digits(1.2345));
        assertEquals("12.3", Figures.digits(12.345));
        assertEquals("123", Figures.digits(123.45));
    }

    @Test
    void countsTakeTheirPrefix() {
        assertEquals("9.83 M", Figures.count(9_830_000));
        assertEquals("307 k", Figures.count(307_000));
    }

    @Test
    void longTimesAreInMinutes() {
        assertEquals("70.3 s", Figures.seconds(70.26));
        assertEquals("10 min 38 s", Figures.seconds(638));
        assertEquals("3 min 00 s", Figures.seconds(179.7));
    }
}
