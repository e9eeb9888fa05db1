package donna.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GradientTest {
    private final Graph.Builder g = new Graph.Builder();

    private long count(Class<? extends Op> op) {
        return g.nodes().stream().filter(n -> op.isInstance(n.op())).count();
    }

    private Value loss(Value v) {
        return g.add(new Op.MeanSquaredError(), v, g.input("target", v.spec()));
    }

    @Test
    void aConstantInputCostsNoBackwardData() {
        Value x = g.input("x", TensorSpec.f32(2, 3, 5, 5));
        Value one = g.variable("one", TensorSpec.f32(8, 3, 3, 3));
        Value two = g.variable("two", TensorSpec.f32(4, 8, 1, 1));
        Value h = g.add(Op.Conv2d.plain(ConvGeometry.same(3, 1, 1)), x, one);
        Value loss = loss(g.add(Op.Conv2d.plain(ConvGeometry.POINTWISE), h, two));
        Map<Value, Value> d = Gradient.of(g, loss, List.of(one, two));
        assertEquals(one.shape(), d.get(one).shape());
        assertEquals(two.shape(), d.get(two).shape());
        assertEquals(2, count(Op.Conv2dBackwardWeight.class));
        assertEquals(1, count(Op.Conv2dBackwardData.class));
    }

    @Test
    void aLossGivesItsOwnGradientWithoutAnotherOp() {
        Value x = g.input("x", TensorSpec.f32(2, 3));
        Value loss = loss(x);
        assertEquals(loss.node().output(1), Gradient.of(g, loss, List.of(x)).get(x));
        assertEquals(0, count(Op.ScaleBy.class) + count(Op.Scale.class));
    }

    @Test
    void aWeightOfALossIsFoldedIntoOneFactor() {
        Value x = g.input("x", TensorSpec.f32(2, 3));
        Value loss = g.add(new Op.Scale(0.5f), g.add(new Op.Scale(0.5f), loss(x)));
        Value d = Gradient.of(g, loss, List.of(x)).get(x);
        assertEquals(new Op.Scale(0.25f), d.node().op());
    }

    @Test
    void whatTheLossDoesNotDependOnHasZeros() {
        Value x = g.input("x", TensorSpec.f32(2, 3));
        Value other = g.variable("other", TensorSpec.f32(7));
        Value d = Gradient.of(g, loss(x), List.of(x, other)).get(other);
        assertTrue(
                d.node().op() instanceof Op.Fill f
                        && f.value() == 0
                        && f.spec().shape().equals(new Shape(7)),
                d.toString());
    }

    @Test
    void gradientsOfAValueUsedTwiceAreAdded() {
        Value x = g.input("x", TensorSpec.f32(2, 3));
        Value loss = loss(g.add(new Op.Add(), g.add(new Op.Activate(Activation.RELU), x), x));
        long before = count(Op.Add.class);
        Value d = Gradient.of(g, loss, List.of(x)).get(x);
        assertEquals(before + 1, count(Op.Add.class));
        assertTrue(d.node().op() instanceof Op.Add);
    }

    @Test
    void aBatchNormWithoutActivationPassesTheGradientOnToItsResidual() {
        Value x = g.input("x", TensorSpec.f32(2, 3, 4, 4));
        Value residual = g.input("residual", x.spec());
        Value c = g.variable("c", TensorSpec.f32(3));
        Value mean = g.variable("mean", c.spec());
        Value var = g.variable("var", c.spec());
        Value momentum = g.input("momentum", TensorSpec.f32(1));
        Value y = g.add(new Op.BatchNorm(1e-5f, Activation.NONE, true), x, c, c, mean, var, momentum, residual);
        Value loss = loss(y);
        assertEquals(
                loss.node().output(1),
                Gradient.of(g, loss, List.of(x, residual)).get(residual));
        assertFalse(g.nodes().stream().anyMatch(n -> n.op() instanceof Op.BatchNormBackward b && b.residual()));
    }

    @Test
    void backwardNodesBelongToTheLayerOfTheForwardNode() {
        Value x = g.input("x", TensorSpec.f32(2, 3));
        Value w = g.variable("w", TensorSpec.f32(4, 3));
        Value y = g.at("head").add(new Op.Linear(false), x, w);
        Value loss = loss(g.at("loss").add(new Op.Scale(2), y));
        assertEquals("head", Gradient.of(g, loss, List.of(w)).get(w).node().name());
        assertEquals("loss", g.add(new Op.Scale(1), y).node().name());
    }

    @Test
    void whatHasNoGradientIsNamed() {
        Value x = g.input("x", TensorSpec.f32(2, 3, 4, 4));
        Value w = g.variable("w", TensorSpec.f32(3, 3, 1, 1));
        Value y = g.at("stem").add(new Op.Conv2d(ConvGeometry.POINTWISE, false, Activation.RELU, false), x, w);
        refused("Conv2d 'stem'", loss(y), w);
    }

    @Test
    void aTargetIsAConstant() {
        Value x = g.input("x", TensorSpec.f32(2, 3));
        Value y = g.add(new Op.Scale(2), x);
        refused("the target is taken as a constant", g.add(new Op.MeanSquaredError(), y, x), x);
    }

    @Test
    void secondOrderIsRefused() {
        Value x = g.input("x", TensorSpec.f32(2, 3));
        Value d = Gradient.of(g, loss(g.add(new Op.Activate(Activation.SWISH), x)), List.of(x))
                .get(x);
        refused("second order", g.add(new Op.MeanSquaredError(), d, g.input("zero", d.spec())), x);
    }

    @Test
    void aLossIsAScalar() {
        Value x = g.input("x", TensorSpec.f32(2, 3));
        assertThrows(DonnaException.ShapeMismatch.class, () -> Gradient.of(g, x, List.of(x)));
    }

    private void refused(String part, Value loss, Value wrt) {
        DonnaException.InvalidInput e =
                assertThrows(DonnaException.InvalidInput.class, () -> Gradient.of(g, loss, List.of(wrt)));
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }
}
