package donna.spec;

import donna.backend.Precision;
import donna.data.Normalization;
import donna.spec.DatasetSpec.Augment;
import donna.spec.DatasetSpec.Kind;
import donna.spec.DatasetSpec.Normalize;
import donna.tensor.Activation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Turns the tree of a spec file into records: types, ranges, defaults. What entries demand of each other is {@link
 * SpecRules}'.
 */
final class SpecReader {
    private static final int ANY = Integer.MAX_VALUE;
    private static final double POSITIVE = Double.MIN_VALUE;
    private static final double BIG = Double.MAX_VALUE;
    private final Mistakes mistakes;
    private final StageReader stages = new StageReader();

    SpecReader(Mistakes mistakes) {
        this.mistakes = mistakes;
    }

    SearchSpec read(Map<String, Object> tree) {
        Section root = new Section(tree, "", mistakes);
        int seed = root.integer("seed", 0, ANY, 1);
        Precision precision = root.word("precision", Precision.F32);
        boolean fast = root.flag("fast", false);
        ModelSpec model = ModelReader.model(root.section("model"));
        DatasetSpec dataset = dataset(
                root.section("dataset"),
                model.reference().filter(r -> mistakes.isEmpty()).flatMap(r -> r.model().normalization()),
                model.input().size() == 3 ? model.input().get(0) : 1,
                model.input().size() == 3 ? model.input().get(1) : 1);
        SpaceSpec space = space(root.section("space"));
        OptimizerSpec optimizer = stages.optimizer(root.section("optimizer"), OptimizerSpec.DEFAULT);
        StageReader.Defaults defaults = new StageReader.Defaults(dataset.train(), dataset.augment(), optimizer);
        TeacherSpec teacher = teacher(root.section("teacher"), model.reference().isPresent(), defaults);
        DistillSpec distill = stages.distill(root.section("distill"), defaults, dataset.validation());
        RecalibrateSpec recalibrate = stages.recalibrate(root.section("recalibrate"), dataset.train());
        PredictorSpec predictor = stages.predictor(root.section("predictor"), defaults);
        LatencySpec latency = latency(root.section("latency"));
        EvolutionSpec search = evolution(root.section("search"));
        FinetuneSpec finetune = stages.finetune(root.section("finetune"), defaults, predictor.kd());
        CompareSpec compare = compare(root.section("compare"));
        root.close();
        return new SearchSpec(
                seed,
                precision,
                fast,
                dataset,
                model,
                teacher,
                space,
                optimizer,
                distill,
                recalibrate,
                predictor,
                latency,
                search,
                finetune,
                compare);
    }

    /** @param usual what a reference model was trained with */
    private DatasetSpec dataset(Section s, Optional<Normalization> usual, int channels, int side) {
        Kind kind = s.word("name", Kind.class);
        Optional<String> path = s.has("path") ? Optional.of(s.text("path")) : Optional.empty();
        if (!kind.isNamed() && path.isEmpty()) {
            s.mistake("path", "missing; a data set of kind " + kind.word() + " needs the folder that holds it");
        }
        int held = kind.images / 6;
        int validation = kind.isNamed() ? s.integer("validation", 1, ANY, held) : s.integer("validation", 1, ANY);
        int train = kind.isNamed()
                ? s.integer("train", 1, ANY, Math.max(1, kind.images - validation))
                : s.integer("train", 1, ANY);
        if (kind.isNamed() && (long) train + validation > kind.images) {
            s.mistake(
                    "train",
                    train + " training and " + validation + " validation images exceed the " + kind.images + " of "
                            + kind.word() + "; lower one of them");
        }
        if (kind.isNamed() && channels != kind.channels) {
            s.mistake(
                    "name",
                    kind.word() + " has " + kind.channels + " channel(s) and model/input says " + channels
                            + "; change one of them");
        }
        int resize = s.integer("resize", side, 8192, side);
        Section n = s.section("normalize");
        List<Double> mean = perChannel(n, "mean", -BIG, usual.map(u -> decimals(u.mean())).orElse(kind.mean), channels);
        List<Double> std = perChannel(n, "std", POSITIVE, usual.map(u -> decimals(u.std())).orElse(kind.std), channels);
        n.close();
        Section a = s.section("augment");
        Augment augment = stages.augment(a, Augment.NONE);
        a.close();
        s.close();
        return new DatasetSpec(kind, path, train, validation, resize, new Normalize(mean, std), augment);
    }

    private static List<Double> decimals(float[] values) {
        List<Double> out = new ArrayList<>();
        for (float v : values) {
            out.add(Double.parseDouble(Float.toString(v)));
        }
        return out;
    }

    private static List<Double> perChannel(Section s, String key, double min, List<Double> fallback, int channels) {
        List<Double> values = !fallback.isEmpty() && !s.has(key) ? fallback : s.decimals(key, min, BIG);
        if (values.size() == 1) {
            return Collections.nCopies(channels, values.getFirst());
        }
        if (values.size() > 1 && values.size() != channels) {
            s.mistake(key, values.size() + " values for " + channels + " channel(s); expected 1 or " + channels);
        }
        return values;
    }

    /** @param reference whether the teacher is a reference model, which has no block of the spec's */
    private TeacherSpec teacher(Section s, boolean reference, StageReader.Defaults defaults) {
        Optional<CandidateSpec> block = reference && !s.has("block") ? Optional.empty() : Optional.of(oneCandidate(s, "block"));
        if (reference && block.isPresent()) {
            s.mistake("block", "the teacher is the reference model; leave it out");
        }
        Map<String, CandidateSpec> blocks = new LinkedHashMap<>();
        Section own = s.section("blocks");
        own.keys().forEach(name -> blocks.put(name, oneCandidate(own, name)));
        Optional<String> weights = s.has("weights") ? Optional.of(s.text("weights")) : Optional.empty();
        TrainSpec train = stages.train(s, new StageReader.Budget(1, 128, 0.006, 2), defaults);
        boolean finetune = s.flag("finetune", false);
        s.close();
        return new TeacherSpec(block, blocks, train, weights, finetune);
    }

    /** A block of the teacher: a product of one candidate. */
    private CandidateSpec oneCandidate(Section s, String key) {
        List<CandidateSpec> one = ProductReader.product(s.section(key)).candidates();
        if (one.size() > 1) {
            s.mistake(key, one.size() + " candidates; the teacher has exactly one, so every axis takes one value");
        }
        return one.isEmpty() ? new CandidateSpec(BlockType.MBCONV, 3, 1, 1, false, Activation.RELU) : one.getFirst();
    }

    private SpaceSpec space(Section s) {
        int groupWidth = s.integer("group_width", 1, 1 << 16, 8);
        Map<String, FamilySpec> families = FamilyReader.families(s.section("families"));
        Map<String, List<CandidateProduct>> blocks = ownProducts(s.section("blocks"));
        List<CandidateProduct> candidates = products(s);
        s.close();
        return new SpaceSpec(groupWidth, families, candidates, blocks);
    }

    /** Further candidates for a space: {@code candidates} for every block, {@code blocks} for single ones, or both. */
    SpaceSpec addition(Map<String, Object> tree, int groupWidth) {
        Section root = new Section(tree, "", mistakes);
        Section s = root.has("space") ? root.section("space") : root;
        int width = s.integer("group_width", 1, 1 << 16, groupWidth);
        if (width != groupWidth) {
            s.mistake("group_width", width + " differs from the run's; expected " + groupWidth);
        }
        Map<String, FamilySpec> families = FamilyReader.families(s.section("families"));
        Map<String, List<CandidateProduct>> blocks = ownProducts(s.section("blocks"));
        List<CandidateProduct> candidates = s.has("candidates") || blocks.isEmpty() ? products(s) : List.of();
        s.close();
        return new SpaceSpec(groupWidth, families, candidates, blocks);
    }

    private List<CandidateProduct> products(Section s) {
        return products(s, "candidates");
    }

    private List<CandidateProduct> products(Section s, String key) {
        List<CandidateProduct> out = new ArrayList<>();
        List<Section> sections = s.sections(key);
        for (int i = 0; i < sections.size(); i++) {
            out.add(ProductReader.product(sections.get(i)));
        }
        return out;
    }

    /** Products of single blocks, as a list or, as people write them, in a mapping with {@code candidates}. */
    private Map<String, List<CandidateProduct>> ownProducts(Section own) {
        Map<String, List<CandidateProduct>> blocks = new LinkedHashMap<>();
        for (String name : own.keys()) {
            if (own.lists(name)) {
                blocks.put(name, products(own, name));
            } else {
                Section b = own.section(name);
                blocks.put(name, products(b));
                b.close();
            }
        }
        return blocks;
    }

    private static LatencySpec latency(Section s) {
        List<Integer> batches = s.has("batches") ? s.integers("batches", 1, 1 << 16) : List.of(32, 1);
        LatencySpec spec = new LatencySpec(
                s.integer("threads", 1, 1024, 1),
                batches,
                s.integer("objective", 1, 1 << 16, batches.isEmpty() ? 1 : batches.getFirst()),
                s.decimal("seconds_per_block", POSITIVE, 3600, 0.12),
                s.decimal("seconds_per_network", POSITIVE, 3600, 0.4),
                s.integer("check_networks", 2, 10_000, 12));
        s.close();
        return spec;
    }

    private static EvolutionSpec evolution(Section s) {
        Section l = s.section("limits");
        EvolutionSpec.Limits limits =
                new EvolutionSpec.Limits(limit(l, "latency_ms"), limit(l, "macs"), limit(l, "params"));
        l.close();
        EvolutionSpec spec = new EvolutionSpec(
                s.word("algorithm", EvolutionSpec.Algorithm.NSGA2),
                s.integer("population", 4, 10_000_000, 100),
                s.has("islands") ? OptionalInt.of(s.integer("islands", 1, 5_000_000)) : OptionalInt.empty(),
                s.integer("generations", 1, 1_000_000, 50),
                s.decimal("crossover", 0, 1, 0.5),
                s.decimal("mutation", 0, 1, 0.05),
                s.has("objectives")
                        ? s.wordList("objectives", EvolutionSpec.Objective.class)
                        : List.of(EvolutionSpec.Objective.ACCURACY, EvolutionSpec.Objective.LATENCY),
                limits);
        s.close();
        return spec;
    }

    private static OptionalDouble limit(Section s, String key) {
        return s.has(key) ? OptionalDouble.of(s.decimal(key, POSITIVE, BIG)) : OptionalDouble.empty();
    }

    private static CompareSpec compare(Section s) {
        CompareSpec spec = new CompareSpec(
                s.integer("random", 0, 1000, 2),
                s.has("widths")
                        ? s.decimals("widths", POSITIVE, 16)
                        : List.of(0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0),
                s.has("depths") ? s.integers("depths", 1, 16) : List.of(1, 2),
                s.flag("scratch", true));
        s.close();
        return spec;
    }
}
