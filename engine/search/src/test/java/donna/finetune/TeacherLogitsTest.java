package donna.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TeacherLogitsTest {
    @Test
    void theDivergenceIsTheMeanOverImagesOfTheTeachersLogRatios() {
        TeacherLogits teacher = new TeacherLogits(new float[] {0, 0, (float) Math.log(9), 0}, 2);
        // teacher (1/2, 1/2) and (9/10, 1/10), student (3/4, 1/4) and (1/2, 1/2)
        float[] student = {(float) Math.log(3), 0, 1000, 1000};
        double first = 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25);
        double second = 0.9 * Math.log(0.9 / 0.5) + 0.1 * Math.log(0.1 / 0.5);
        assertEquals((first + second) / 2, teacher.divergence(student), 1e-6);
        assertEquals(0, teacher.divergence(teacher.values()), 1e-12);
    }
}
