package donna.spec;

import donna.spec.DatasetSpec.Augment;
import donna.spec.DatasetSpec.ColourJitter;
import donna.spec.DatasetSpec.RandAugment;
import donna.spec.DatasetSpec.ResizedCrop;
import java.util.List;
import java.util.Optional;

/** Reads the sections that hold a training. */
final class StageReader {
    private static final double POSITIVE = Double.MIN_VALUE;
    private static final double BIG = Double.MAX_VALUE;

    /** What a training takes from the rest of the spec where it says nothing itself. */
    record Defaults(int images, Augment augment, OptimizerSpec optimizer) {}

    /** What a training takes from its stage where it says nothing itself. */
    record Budget(int epochs, int batch, double lr, int shards) {}

    TrainSpec train(Section owner, Budget budget, Defaults defaults) {
        Section s = owner.section("train");
        TrainSpec spec = new TrainSpec(
                s.integer("epochs", 1, 100_000, budget.epochs()),
                s.integer("images", 1, Integer.MAX_VALUE, defaults.images()),
                s.integer("batch", 1, 1 << 20, budget.batch()),
                s.decimal("lr", POSITIVE, 100, budget.lr()),
                augment(s, defaults.augment()),
                s.integer("shards", 1, 1024, budget.shards()),
                s.decimal("label_smoothing", 0, 0.999, 0),
                optimizer(s.section("optimizer"), defaults.optimizer()));
        s.close();
        return spec;
    }

    /** Reads the entries of an augmentation, or all from a resolved {@code augment} mapping; leaves closing to the caller. */
    Augment augment(Section s, Augment fallback) {
        Augment nested = fallback;
        if (s.has("augment")) {
            Section a = s.section("augment");
            nested = augment(a, fallback);
            a.close();
        }
        return new Augment(
                s.flag("flip", nested.flip()),
                s.integer("pad_crop", 0, 1024, nested.padCrop()),
                s.has("resized_crop") ? Optional.of(resizedCrop(s.section("resized_crop"))) : nested.resizedCrop(),
                s.has("jitter") ? Optional.of(jitter(s.section("jitter"))) : nested.jitter(),
                s.has("rand_augment") ? Optional.of(randAugment(s.section("rand_augment"))) : nested.randAugment(),
                s.decimal("erasing", 0, 1, nested.erasing()),
                s.decimal("mixup", 0, 100, nested.mixup()),
                s.decimal("cutmix", 0, 100, nested.cutmix()));
    }

    private static ResizedCrop resizedCrop(Section s) {
        ResizedCrop crop = new ResizedCrop(
                range(s, "scale", 1, List.of(0.08, 1.0)), range(s, "ratio", 100, List.of(0.75, 4.0 / 3)));
        s.close();
        return crop;
    }

    /** Two numbers above 0, the smaller first. */
    private static List<Double> range(Section s, String key, double max, List<Double> fallback) {
        List<Double> values = s.has(key) ? s.decimals(key, POSITIVE, max) : fallback;
        if (values.size() != 2 || values.get(0) > values.get(1)) {
            s.mistake(key, values + "; expected two numbers, the smaller first");
            return fallback;
        }
        return values;
    }

    private static ColourJitter jitter(Section s) {
        ColourJitter jitter = new ColourJitter(
                s.decimal("brightness", 0, 100, 0),
                s.decimal("contrast", 0, 100, 0),
                s.decimal("saturation", 0, 100, 0),
                s.decimal("hue", 0, 0.5, 0));
        s.close();
        return jitter;
    }

    private static RandAugment randAugment(Section s) {
        RandAugment spec = new RandAugment(s.integer("ops", 1, 16, 2), s.integer("magnitude", 0, 30, 9));
        s.close();
        return spec;
    }

    OptimizerSpec optimizer(Section s, OptimizerSpec d) {
        List<Double> betas = s.has("betas") ? s.decimals("betas", 0, 0.999999) : d.betas();
        if (betas.size() != 2) {
            s.mistake("betas", betas + " has " + betas.size() + " numbers; expected two");
        }
        OptimizerSpec spec = new OptimizerSpec(
                s.word("name", d.name()),
                s.decimal("wd", 0, BIG, d.wd()),
                s.decimal("warmup", 0, 1, d.warmup()),
                s.word("schedule", d.schedule()),
                s.has("milestones") ? s.decimals("milestones", 0, 1) : d.milestones(),
                s.decimal("gamma", POSITIVE, 1, d.gamma()),
                betas,
                s.decimal("eps", POSITIVE, 1, d.eps()),
                s.decimal("momentum", 0, 0.9999, d.momentum()),
                s.flag("nesterov", d.nesterov()),
                s.decimal("clip", 0, BIG, d.clip()),
                s.decimal("ema", 0, 0.999999, d.ema()));
        s.close();
        return spec;
    }

    DistillSpec distill(Section s, Defaults defaults, int held) {
        Defaults plain = new Defaults(defaults.images(), Augment.NONE, defaults.optimizer());
        DistillSpec spec = new DistillSpec(
                train(s, new Budget(1, 64, 0.02, 1), plain),
                s.integer("validation", 1, Integer.MAX_VALUE, Math.min(2000, held)),
                s.decimal("variance_floor", POSITIVE, 1, 1e-6),
                s.flag("keep_teacher", false));
        s.close();
        return spec;
    }

    RecalibrateSpec recalibrate(Section s, int images) {
        RecalibrateSpec spec = new RecalibrateSpec(
                s.integer("images", 2, Integer.MAX_VALUE, Math.min(2048, images)), s.integer("batch", 2, 1 << 20, 128));
        s.close();
        return spec;
    }

    PredictorSpec predictor(Section s, Defaults defaults) {
        PredictorSpec spec = new PredictorSpec(
                s.has("labels") ? s.texts("labels") : List.of(),
                s.integer("architectures", 4, 100_000, 14),
                s.integer("pool", 4, 10_000_000, 200),
                s.integer("held_out", 0, 100_000, 0),
                s.flag("monotone", true),
                s.flag("second_stage", true),
                train(s, new Budget(1, 64, 0.003, 1), defaults),
                kd(s, new KdSpec(0.7, 2.0)));
        s.close();
        return spec;
    }

    FinetuneSpec finetune(Section s, Defaults defaults, KdSpec kd) {
        FinetuneSpec spec = new FinetuneSpec(
                s.has("latency_shares") ? s.decimals("latency_shares", POSITIVE, 10) : List.of(0.25, 0.35, 0.5),
                train(s, new Budget(1, 64, 0.003, 1), defaults),
                kd(s, kd),
                s.decimal("scratch_lr", POSITIVE, 100, 0.006),
                s.integer("long_scratch", 1, 1000, 4));
        s.close();
        return spec;
    }

    private static KdSpec kd(Section owner, KdSpec fallback) {
        Section s = owner.section("kd");
        KdSpec spec = new KdSpec(
                s.decimal("alpha", 0, 1, fallback.alpha()),
                s.decimal("temperature", POSITIVE, 1000, fallback.temperature()));
        s.close();
        return spec;
    }
}
