package donna.run;

import donna.distill.Networks;
import donna.predict.AccuracyPredictor;
import donna.predict.BlockFeatures;
import donna.predict.LabelledArchitecture;
import donna.report.Summary;
import donna.space.SearchSpace;
import donna.spec.Json;
import donna.spec.SearchSpec;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a finished search knows, from its files alone: it needs neither images nor the device.
 *
 * @param nsr by block and candidate; infinite where a candidate failed
 * @param predictor fitted on the run's labels as the search asked it: from the blocks alone
 * @param costs of every candidate
 */
record FinishedRun(SearchSpec spec, SearchSpace space, Summary summary, double[][] nsr, AccuracyPredictor predictor, Costs costs) {
    /**
     * Reads a run.
     *
     * @throws DonnaException.InvalidInput if its search has not come to its end
     */
    static FinishedRun read(RunFolder folder) {
        if (!Files.exists(folder.path("summary.json"))) {
            throw new DonnaException.InvalidInput(
                    folder.root() + " has no summary.json: its search is not finished; finish it with 'donna resume " + folder.root() + "'");
        }
        SearchSpec spec = SearchSpec.read(folder.path(RunFolder.SPEC));
        SearchSpace space = SearchSpace.of(spec);
        Summary summary = Json.read(folder.path("summary.json"), Summary.class);
        double[][] nsr = nsr(folder, space, summary);
        List<LabelledArchitecture> labels = summary.predictor().labels().stream()
                .map(l -> folder.stored("labels/" + l.architecture() + ".json", FinetuneStage.Label.class))
                .map(l -> new LabelledArchitecture(space.parse(l.architecture()), l.top1()))
                .toList();
        CostStage.Table measured = folder.stored("cost.json", CostStage.Measured.class).at(spec.latency().objective());
        Shape image = Shape.of(spec.model().input().stream().mapToInt(Integer::intValue).toArray());
        return new FinishedRun(
                spec,
                space,
                summary,
                nsr,
                AccuracyPredictor.fit(
                        BlockFeatures.ofNsr(nsr), labels, new AccuracyPredictor.Options(spec.predictor().monotone(), false)),
                Costs.of(spec, space, Networks.teacher(spec, space), image, measured));
    }

    private static double[][] nsr(RunFolder folder, SearchSpace space, Summary summary) {
        double[][] nsr = new double[space.blocks().size()][];
        for (int n = 0; n < nsr.length; n++) {
            Map<String, Double> known = new TreeMap<>();
            Summary.Block block = summary.library().blocks().get(n);
            block.candidates().forEach(c -> known.put(c.name(), c.nsr()));
            if (known.size() + block.failed().size() != space.candidates().get(n).size()) {
                throw new DonnaException.InvalidInput(folder.root() + ": block " + block.name() + " has " + space.candidates().get(n).size()
                        + " candidates in its spec and " + (known.size() + block.failed().size())
                        + " in its summary; finish the search with 'donna resume " + folder.root() + "'");
            }
            nsr[n] = space.candidates().get(n).stream()
                    .mapToDouble(c -> known.getOrDefault(c.toString(), Double.POSITIVE_INFINITY))
                    .toArray();
        }
        return nsr;
    }
}
