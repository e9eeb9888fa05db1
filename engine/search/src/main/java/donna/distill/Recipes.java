package donna.distill;

import donna.data.Augmentation;
import donna.data.ColourJitter;
import donna.data.Mixing;
import donna.data.RandAugment;
import donna.data.ResizedCrop;
import donna.spec.DatasetSpec;
import donna.spec.OptimizerSpec;
import donna.spec.TrainSpec;
import donna.train.Optimizer;
import donna.train.Recipe;
import donna.train.Schedule;

/** Training recipes from the words of a spec. */
public final class Recipes {
    private Recipes() {}

    public static Recipe of(TrainSpec train) {
        OptimizerSpec o = train.optimizer();
        Optimizer optimizer = switch (o.name()) {
            case ADAMW -> new Optimizer.AdamW((float) (double) o.betas().get(0), (float) (double) o.betas().get(1), (float) o.eps(), (float) o.wd());
            case SGD -> new Optimizer.Sgd((float) o.momentum(), o.nesterov(), (float) o.wd());
        };
        Schedule.Decay decay = switch (o.schedule()) {
            case COSINE -> new Schedule.Cosine();
            case LINEAR -> new Schedule.Linear();
            case STEP -> new Schedule.Steps(o.milestones(), o.gamma());
        };
        return new Recipe(optimizer, new Schedule(train.lr(), o.warmup(), decay), (float) o.clip(), (float) o.ema());
    }

    public static Augmentation augmentation(TrainSpec train) {
        DatasetSpec.Augment a = train.augment();
        return new Augmentation(
                a.flip(),
                a.padCrop(),
                a.resizedCrop().map(c -> new ResizedCrop(c.scale().get(0), c.scale().get(1), c.ratio().get(0), c.ratio().get(1))),
                a.jitter().map(j -> new ColourJitter(j.brightness(), j.contrast(), j.saturation(), j.hue())),
                a.randAugment().map(r -> new RandAugment(r.ops(), r.magnitude())),
                a.erasing(),
                new Mixing(a.mixup(), a.cutmix()));
    }
}
