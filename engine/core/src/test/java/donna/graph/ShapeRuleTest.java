package donna.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.Activation;
import donna.tensor.ConvGeometry;
import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import donna.tensor.TensorSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShapeRuleTest {
    private final Graph.Builder g = new Graph.Builder();

    private Value in(int... dims) {
        return g.input("input " + g.nodes().size(), TensorSpec.f32(dims));
    }

    private Value variable(int... dims) {
        return g.variable("variable " + g.nodes().size(), TensorSpec.f32(dims));
    }

    private void dims(Value v, int... dims) {
        assertEquals(new Shape(dims), v.shape());
    }

    private void refused(Op op, String part, Value... inputs) {
        DonnaException.ShapeMismatch e =
                assertThrows(DonnaException.ShapeMismatch.class, () -> g.node(op, List.of(inputs)));
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }

    @Test
    void aWindowMovesByStridePaddingAndDilation() {
        dims(g.add(Op.Conv2d.plain(new ConvGeometry(2, 1, 1, 1)), in(4, 3, 5, 9), in(8, 3, 3, 3)), 4, 8, 3, 5);
        dims(g.add(Op.Conv2d.plain(new ConvGeometry(1, 2, 2, 1)), in(4, 3, 5, 9), in(8, 3, 3, 3)), 4, 8, 5, 9);
        dims(g.add(Op.Conv2d.plain(new ConvGeometry(1, 0, 1, 6)), in(4, 6, 5, 9), in(12, 1, 5, 5)), 4, 12, 1, 5);
        dims(g.add(new Op.MaxPool(3, new ConvGeometry(2, 1, 1, 1)), in(1, 3, 7, 8)), 1, 3, 4, 4);
        dims(g.add(new Op.AveragePool(2, new ConvGeometry(2, 0, 1, 1)), in(1, 3, 7, 8)), 1, 3, 3, 4);
    }

    @Test
    void aConvolutionNamesItselfAndTheChannelsThatDoNotFit() {
        g.at("stage2.b1");
        refused(
                Op.Conv2d.plain(ConvGeometry.POINTWISE),
                "Conv2d 'stage2.b1': src has 32 channels",
                in(1, 32, 8, 8),
                in(64, 16, 1, 1));
        refused(
                Op.Conv2d.plain(new ConvGeometry(1, 0, 1, 3)),
                "does not divide into 3 groups",
                in(1, 6, 8, 8),
                in(64, 2, 1, 1));
        refused(Op.Conv2d.plain(ConvGeometry.POINTWISE), "does not fit into src", in(1, 3, 4, 8), in(8, 3, 5, 5));
        refused(
                new Op.Conv2d(ConvGeometry.POINTWISE, true, Activation.NONE, false),
                "bias",
                in(1, 3, 4, 8),
                in(8, 3, 1, 1),
                in(7));
        refused(new Op.MaxPool(2, new ConvGeometry(1, 2, 1, 1)), "more than half of kernel", in(1, 3, 4, 8));
    }

    @Test
    void productsShareTheInnerDimension() {
        dims(g.add(new Op.Linear(true), in(2, 5, 7), in(9, 7), in(9)), 2, 5, 9);
        dims(g.add(new Op.MatMul(true, false), in(3, 7, 5), in(3, 7, 9)), 3, 5, 9);
        dims(g.add(new Op.MatMul(false, true), in(5, 7), in(9, 7)), 5, 9);
        refused(new Op.Linear(false), "src [2, 5] has 5 features", in(2, 5), in(9, 7));
        refused(new Op.MatMul(false, false), "inner dimension", in(5, 7), in(9, 7));
        refused(new Op.MatMul(false, false), "leading dimensions", in(2, 5, 7), in(3, 7, 9));
    }

    @Test
    void elementsAreMovedAndNoneIsLost() {
        dims(g.add(new Op.Reshape(new Shape(6, 4)), in(2, 3, 4)), 6, 4);
        dims(g.add(new Op.Transpose(List.of(2, 0, 1)), in(2, 3, 4)), 4, 2, 3);
        dims(g.add(new Op.Concat(1), in(2, 3, 4), in(2, 5, 4)), 2, 8, 4);
        dims(g.add(new Op.Slice(List.of(0, 1), List.of(1, 2), new Shape(2, 2)), in(2, 4)), 2, 2);
        refused(new Op.Reshape(new Shape(5, 5)), "24 elements", in(2, 3, 4));
        refused(new Op.Transpose(List.of(0, 0, 1)), "not a permutation", in(2, 3, 4));
        refused(new Op.Concat(1), "does not fit beside", in(2, 3, 4), in(2, 3, 5));
        refused(new Op.Slice(List.of(0, 1), List.of(1, 2), new Shape(2, 3)), "leaves [2, 4]", in(2, 4));
    }

    @Test
    void whatIsChangedInPlaceIsAVariable() {
        Value p = variable(5);
        g.update(new Op.SgdUpdate(0, false, 0), p, in(5), variable(5), in(1));
        refused(new Op.SgdUpdate(0, false, 0), "input 0 is changed in place", in(5), in(5), variable(5), in(1));
        refused(new Op.SgdUpdate(0, false, 0), "input 2 is changed in place", p, in(5), in(5), in(1));
        refused(new Op.SgdUpdate(0, false, 0), "input 3 has shape [2]", p, in(5), variable(5), in(2));
        refused(new Op.SgdUpdate(0, false, 0), "input 4 has shape [2]", p, in(5), variable(5), in(1), in(2));
        refused(new Op.LossScaleUpdate(1, 1), "input 1 is changed in place", variable(1), in(2), in(5));
        refused(
                new Op.AdamWUpdate(0.9f, 0.999f, 1e-8f, 0),
                "input 3 has shape [4]",
                p,
                in(5),
                variable(5),
                variable(4),
                in(1),
                in(1));
        refused(
                new Op.BatchNorm(1e-5f, Activation.NONE, false),
                "input 4 is changed in place",
                in(2, 5, 3, 3),
                p,
                p,
                variable(5),
                in(5),
                in(1));
    }

    @Test
    void anOpHasOneTypeOfRealNumbers() {
        Value d = g.input("double", TensorSpec.of(DType.F64, new Shape(3, 5)));
        refused(new Op.Add(), "different types", in(3, 5), d);
        Value labels = g.input("labels", TensorSpec.of(DType.I32, new Shape(3)));
        assertEquals(DType.F64, g.add(new Op.CrossEntropy(0), d, labels).spec().dtype());
        refused(new Op.CrossEntropy(0), "labels must be I32", in(3, 5), in(3));
    }

    @Test
    void theNumberOfInputsIsChecked() {
        refused(new Op.Add(), "takes 2 inputs, got 1", in(3));
        refused(new Op.ClipFactor(1), "no gradients");
        refused(new Op.LossScaleUpdate(1, 1), "no gradients", variable(1), variable(2));
        refused(new Op.SgdUpdate(0, false, 0), "takes 5 inputs, got 6", variable(5), in(5), variable(5), in(1), in(1), in(1));
    }
}
