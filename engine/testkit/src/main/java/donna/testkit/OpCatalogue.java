package donna.testkit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Named cases that together cover every op: what {@link BackendContract} runs. Shapes are small and awkward: channels
 * that fill no block, odd sizes, one sample and several.
 */
public final class OpCatalogue {
    private final List<OpCase> cases = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    private OpCatalogue() {}

    /** Every case, each under a name of its own. */
    public static List<OpCase> all() {
        OpCatalogue c = new OpCatalogue();
        ConvolutionCases.addTo(c);
        ProductCases.addTo(c);
        NormalizationCases.addTo(c);
        ElementwiseCases.addTo(c);
        PoolingCases.addTo(c);
        ShapeCases.addTo(c);
        LossCases.addTo(c);
        UpdateCases.addTo(c);
        LayerCases.addTo(c);
        return Collections.unmodifiableList(c.cases);
    }

    void add(String name, Consumer<CaseWriter> writer) {
        if (!names.add(name)) {
            throw new IllegalStateException("the catalogue has two cases '" + name + "'");
        }
        cases.add(new OpCase(name, writer));
    }
}
