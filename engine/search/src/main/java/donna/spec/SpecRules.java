package donna.spec;

import donna.model.ReferenceModel;
import donna.spec.ModelSpec.BlockSpec;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What entries of a spec demand of each other. */
final class SpecRules {
    private final SearchSpec spec;
    private final Mistakes mistakes;

    private SpecRules(SearchSpec spec, Mistakes mistakes) {
        this.spec = spec;
        this.mistakes = mistakes;
    }

    static void check(SearchSpec spec, Mistakes mistakes) {
        SpecRules rules = new SpecRules(spec, mistakes);
        rules.boundaries();
        rules.candidates();
        rules.budgets();
        rules.rest();
    }

    private void boundaries() {
        List<BlockSpec> blocks = spec.model().blocks();
        Set<String> names = new HashSet<>();
        int channels = spec.model().stem().map(ModelSpec.Stem::channels).orElse(blocks.isEmpty() ? 0 : blocks.getFirst().in());
        String before = "the stem";
        for (int i = 0; i < blocks.size(); i++) {
            BlockSpec b = blocks.get(i);
            String at = "/model/blocks/" + i;
            if (b.in() != channels) {
                mistakes.add(
                        at + "/in",
                        b.in() + " input channels and " + before + " gives " + channels + "; make them equal");
            }
            if (!b.name().matches("[A-Za-z0-9_-]{1,32}")) {
                mistakes.add(at + "/name", "'" + b.name() + "' is no name; allowed 1 to 32 letters, digits, - and _");
            } else if (!names.add(b.name())) {
                mistakes.add(at + "/name", b.name() + " names an earlier block too; every block needs its own name");
            }
            channels = b.out();
            before = b.name();
        }
        known("/space/blocks/", spec.space().blocks().keySet(), names);
        known("/teacher/blocks/", spec.teacher().blocks().keySet(), names);
    }

    private void known(String at, Set<String> named, Set<String> blocks) {
        for (String name : named) {
            if (!blocks.contains(name)) {
                mistakes.add(at + name, "no such block; allowed " + String.join(", ", new TreeSet<>(blocks)));
            }
        }
    }

    private void candidates() {
        for (BlockSpec b : spec.model().blocks()) {
            boolean own = spec.space().blocks().containsKey(b.name());
            String at = own ? "/space/blocks/" + b.name() + "/candidates" : "/space/candidates";
            Set<CandidateSpec> seen = new HashSet<>();
            for (CandidateSpec c : spec.space().candidatesOf(b.name())) {
                if (!seen.add(c)) {
                    mistakes.add(at, c + " is listed twice for block " + b.name() + "; list each candidate once");
                }
                fits(at, b, c);
            }
            spec.teacher().blockOf(b.name()).ifPresent(c -> fits(
                    spec.teacher().blocks().containsKey(b.name()) ? "/teacher/blocks/" + b.name() : "/teacher/block", b, c));
        }
    }

    private void fits(String at, BlockSpec b, CandidateSpec c) {
        if (c.type() == BlockType.TRANSFORMER && b.out() % c.heads() != 0) {
            mistakes.add(at, c.heads() + " heads do not divide the " + b.out() + " channels of block " + b.name() + "; change heads");
        }
        if (c.type() == BlockType.COMPOSED && !spec.space().families().containsKey(c.family())) {
            mistakes.add(at, "no family " + c.family() + "; allowed " + String.join(", ", spec.space().families().keySet()));
        }
        if (c.type() == BlockType.OWN) {
            own(at, b, c);
        }
        int width = spec.space().groupWidth();
        if (c.type() == BlockType.GROUPED) {
            for (int channels : c.depth() > 1 ? new int[] {b.in(), b.out()} : new int[] {b.in()}) {
                if (channels * c.expand() % width != 0) {
                    mistakes.add(
                            at,
                            "grouped, expand " + c.expand() + " in block " + b.name() + " has "
                                    + channels * c.expand() + " hidden channels, not a multiple of group_width " + width
                                    + "; change expand or group_width");
                }
            }
        }
    }

    private void own(String at, BlockSpec b, CandidateSpec c) {
        if (spec.model().reference().isEmpty()) {
            mistakes.add(at, "own units are a reference model's; set model/reference, or use another type");
            return;
        }
        ReferenceSpec reference = spec.model().reference().get();
        ReferenceModel.Depths d = reference.model().depths(reference.cut(), spec.model().blockNames().indexOf(b.name()));
        if (c.depth() > d.all() || c.depth() < d.needed()) {
            mistakes.add(at, c.depth() + " own units for block " + b.name() + "; allowed " + Math.max(1, d.needed()) + " to " + d.all());
        }
    }

    private void budgets() {
        train("/teacher/train", spec.teacher().train());
        if (spec.teacher().finetune() && spec.teacher().weights().isEmpty() && spec.model().reference().flatMap(ReferenceSpec::file).isEmpty()) {
            mistakes.add("/teacher/finetune", "there are no weights to start from; set teacher/weights, or leave it out");
        }
        train("/distill/train", spec.distill().train());
        train("/predictor/train", spec.predictor().train());
        train("/finetune/train", spec.finetune().train());
        atMost(
                "/recalibrate/images",
                spec.recalibrate().images(),
                "dataset/train",
                spec.dataset().train());
        atMost(
                "/recalibrate/batch",
                spec.recalibrate().batch(),
                "recalibrate/images",
                spec.recalibrate().images());
        atMost(
                "/distill/validation",
                spec.distill().validation(),
                "dataset/validation",
                spec.dataset().validation());
        atMost(
                "/predictor/architectures",
                spec.predictor().architectures(),
                "predictor/pool",
                spec.predictor().pool());
        int labels = spec.predictor().labels().size();
        if (labels > 0 && labels < 4) {
            mistakes.add("/predictor/labels", labels + " architectures; allowed none (they are chosen) or at least 4");
        }
        sideBySide("/distill/train/shards", spec.distill().train());
        sideBySide("/predictor/train/shards", spec.predictor().train());
        sideBySide("/finetune/train/shards", spec.finetune().train());
        if (!spec.distill().train().augment().equals(DatasetSpec.Augment.NONE)) {
            mistakes.add(
                    "/distill/train", "has augmentation; candidates train on the teacher's features of the images as they are, allowed none");
        }
        if (spec.distill().train().labelSmoothing() != 0) {
            mistakes.add("/distill/train/label_smoothing", "candidates are trained without labels; allowed 0");
        }
    }

    private void sideBySide(String at, TrainSpec t) {
        if (t.shards() != 1) {
            mistakes.add(at, t.shards() + " shards; networks are trained side by side instead, allowed 1");
        }
    }

    private void train(String at, TrainSpec t) {
        atMost(at + "/images", t.images(), "dataset/train", spec.dataset().train());
        atMost(at + "/batch", t.batch(), at.substring(1) + "/images", t.images());
        if (t.batch() % t.shards() != 0) {
            mistakes.add(
                    at + "/batch", t.batch() + " is not a multiple of " + t.shards() + " shards; change one of them");
        } else if (t.batch() / t.shards() < 2) {
            mistakes.add(
                    at + "/batch",
                    t.batch() + " images in " + t.shards()
                            + " shards leave one image for batch norm; at least 2 a shard are needed");
        }
    }

    private void atMost(String at, int value, String limitName, int limit) {
        if (value > limit) {
            mistakes.add(at, value + " exceeds " + limitName + " " + limit + "; allowed up to " + limit);
        }
    }

    private void rest() {
        LatencySpec l = spec.latency();
        if (!l.batches().contains(l.objective())) {
            mistakes.add(
                    "/latency/objective",
                    l.objective() + " is not measured; allowed "
                            + String.join(
                                    ", ",
                                    l.batches().stream().map(String::valueOf).toList()));
        }
        EvolutionSpec search = spec.search();
        if (search.islands().orElse(1) > search.population() / 2) {
            mistakes.add(
                    "/search/islands",
                    search.islands().getAsInt() + " islands of a population of " + search.population()
                            + " have fewer than two each; allowed up to " + search.population() / 2);
        }
        if (search.islands().isPresent() && search.algorithm() == EvolutionSpec.Algorithm.RANDOM) {
            mistakes.add("/search/islands", "random search has none; leave it out");
        }
        List<EvolutionSpec.Objective> objectives = search.objectives();
        if (objectives.size() < 2 || objectives.size() > 3 || new HashSet<>(objectives).size() != objectives.size()) {
            mistakes.add("/search/objectives", objectives.size() + " objectives; allowed two or three different ones");
        } else if (objectives.getFirst() != EvolutionSpec.Objective.ACCURACY) {
            mistakes.add(
                    "/search/objectives/0", Section.word(objectives.getFirst()) + " comes first; allowed accuracy");
        }
    }
}
