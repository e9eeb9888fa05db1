package donna.cpu.kernel;

import donna.tensor.Activation;
import donna.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BatchNormTest {
    private static final double EPS = 1e-5;
    private static final double MOMENTUM = 0.25;

    record Case(Shape shape, Activation act, boolean residual) {}

    static Stream<Case> cases() {
        return Sample.shapes()
                .flatMap(s -> Stream.of(Activation.values())
                        .flatMap(a -> Stream.of(false, true).map(r -> new Case(s, a, r))));
    }

    /** Batch norm in double precision, in plain order. */
    private static final class Truth {
        final Case of;
        final float[] src;
        final float[] residual;
        final float[] gamma;
        final float[] beta;
        final double[] mean;
        final double[] var;

        Truth(Case of, Sample sample) {
            this.of = of;
            int c = of.shape.dim(1);
            // A mean of many standard deviations: plain sums of squares would lose the variance.
            src = sample.normal(of.shape.elements(), 30, 0.5);
            residual = sample.normal(of.shape.elements(), 0, 1);
            gamma = sample.normal(c, 1, 0.3);
            beta = sample.normal(c, 0, 1);
            mean = new double[c];
            var = new double[c];
            for (int i = 0; i < src.length; i++) {
                mean[channel(i)] += src[i] / count();
            }
            for (int i = 0; i < src.length; i++) {
                var[channel(i)] += Math.pow(src[i] - mean[channel(i)], 2) / count();
            }
        }

        int channel(int i) {
            return i / (of.shape.dim(2) * of.shape.dim(3)) % of.shape.dim(1);
        }

        double count() {
            return (double) of.shape.elements() / of.shape.dim(1);
        }

        double inverse(int c) {
            return 1 / Math.sqrt(var[c] + EPS);
        }

        double normal(int i) {
            return (src[i] - mean[channel(i)]) * inverse(channel(i));
        }

        double sum(int i) {
            return gamma[channel(i)] * normal(i) + beta[channel(i)] + (of.residual ? residual[i] : 0);
        }

        double[] dst() {
            double[] a = new double[src.length];
            for (int i = 0; i < a.length; i++) {
                a[i] = of.act.apply(sum(i));
            }
            return a;
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void trainingNormalisesWithTheBatchAndMovesTheRunningStatistics(Case of) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 21);
            Truth truth = new Truth(of, sample);
            int c = of.shape.dim(1);
            float[] oldMean = sample.normal(c, 0, 1);
            float[] oldVar = sample.normal(c, 2, 0.1);
            MemorySegment runningMean = sample.plain(oldMean);
            MemorySegment runningVar = sample.plain(oldVar);
            MemorySegment mean = sample.empty(c);
            MemorySegment inverse = sample.empty(c);
            MemorySegment dst = sample.blocked(of.shape, truth.src);
            new BatchNormForward(of.shape.dim(0), c, of.shape.dim(2), of.shape.dim(3), (float) EPS, of.act, of.residual)
                    .train(
                            dst,
                            sample.plain(truth.gamma),
                            sample.plain(truth.beta),
                            runningMean,
                            runningVar,
                            sample.plain((float) MOMENTUM),
                            of.residual ? sample.blocked(of.shape, truth.residual) : MemorySegment.NULL,
                            dst,
                            mean,
                            inverse);
            Sample.assertClose(truth.mean, Sample.read(mean), 1e-6, "mean");
            double[] inverses = new double[c];
            double[] newMean = new double[c];
            double[] newVar = new double[c];
            double unbiased = truth.count() / Math.max(1, truth.count() - 1);
            for (int i = 0; i < c; i++) {
                inverses[i] = truth.inverse(i);
                newMean[i] = oldMean[i] + MOMENTUM * (truth.mean[i] - oldMean[i]);
                newVar[i] = oldVar[i] + MOMENTUM * (truth.var[i] * unbiased - oldVar[i]);
            }
            Sample.assertClose(inverses, Sample.read(inverse), 2e-6, "inverseStd");
            Sample.assertClose(newMean, Sample.read(runningMean), 1e-6, "runningMean");
            Sample.assertClose(newVar, Sample.read(runningVar), 1e-6, "runningVar");
            // The mean itself is rounded to float: half an ulp of 30 is 1e-6, two standard deviations are one.
            Sample.assertClose(truth.dst(), Sample.readBlocked(of.shape, dst), 1e-5, "dst");
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void inferenceTakesTheGivenStatistics(Case of) {
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 22);
            Truth truth = new Truth(of, sample);
            int c = of.shape.dim(1);
            float[] mean = sample.normal(c, 30, 0.1);
            float[] var = sample.normal(c, 1, 0.1);
            for (int i = 0; i < c; i++) {
                truth.mean[i] = mean[i];
                truth.var[i] = var[i];
            }
            MemorySegment dst = sample.emptyBlocked(of.shape);
            new BatchNormForward(of.shape.dim(0), c, of.shape.dim(2), of.shape.dim(3), (float) EPS, of.act, of.residual)
                    .infer(
                            sample.blocked(of.shape, truth.src),
                            sample.plain(truth.gamma),
                            sample.plain(truth.beta),
                            sample.plain(mean),
                            sample.plain(var),
                            of.residual ? sample.blocked(of.shape, truth.residual) : MemorySegment.NULL,
                            dst);
            Sample.assertClose(truth.dst(), Sample.readBlocked(of.shape, dst), 2e-6, "dst");
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void backwardIsTheGradientOfTheWholeBatch(Case of) {
        if (of.residual && of.act == Activation.NONE) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            Sample sample = new Sample(arena, 23);
            Truth truth = new Truth(of, sample);
            int c = of.shape.dim(1);
            float[] dDst = sample.normal(of.shape.elements(), 0.1, 1);
            // The kernel is given float statistics: they are the truth here.
            float[] mean = new float[c];
            float[] inverse = new float[c];
            for (int i = 0; i < c; i++) {
                mean[i] = (float) truth.mean[i];
                inverse[i] = (float) truth.inverse(i);
                truth.mean[i] = mean[i];
                truth.var[i] = 1.0 / ((double) inverse[i] * inverse[i]) - EPS;
            }
            double[] g = new double[dDst.length];
            double[] dBeta = new double[c];
            double[] dGamma = new double[c];
            for (int i = 0; i < g.length; i++) {
                g[i] = dDst[i] * of.act.derivative(truth.sum(i));
                dBeta[truth.channel(i)] += g[i];
                dGamma[truth.channel(i)] += g[i] * truth.normal(i);
            }
            double[] dSrc = new double[g.length];
            for (int i = 0; i < g.length; i++) {
                int ch = truth.channel(i);
                double centred = g[i] - (dBeta[ch] + truth.normal(i) * dGamma[ch]) / truth.count();
                dSrc[i] = truth.gamma[ch] * truth.inverse(ch) * centred;
            }

            MemorySegment gradient = sample.blocked(of.shape, dDst);
            MemorySegment dResidual = of.residual ? sample.emptyBlocked(of.shape) : MemorySegment.NULL;
            MemorySegment gammas = sample.empty(c);
            MemorySegment betas = sample.empty(c);
            new BatchNormBackward(of.shape.dim(0), c, of.shape.dim(2), of.shape.dim(3), of.act, of.residual)
                    .run(
                            gradient,
                            sample.blocked(of.shape, truth.src),
                            sample.plain(truth.gamma),
                            sample.plain(truth.beta),
                            sample.plain(mean),
                            sample.plain(inverse),
                            of.residual ? sample.blocked(of.shape, truth.residual) : MemorySegment.NULL,
                            gradient,
                            gammas,
                            betas,
                            dResidual,
                            sample.scratch(BatchNormBackward.scratchBytes()));
            Sample.assertClose(dBeta, Sample.read(betas), 5e-6, "dBeta");
            Sample.assertClose(dGamma, Sample.read(gammas), 5e-6, "dGamma");
            if (of.residual) {
                Sample.assertClose(g, Sample.readBlocked(of.shape, dResidual), 2e-6, "dResidual");
            }
            Sample.assertClose(dSrc, Sample.readBlocked(of.shape, gradient), 5e-6, "dSrc");
        }
    }
}
