package donna.fetch;

import donna.data.Normalization;
import donna.tensor.DonnaException;
import java.util.List;

/**
 * A data set that can be fetched by name.
 *
 * @param name as specs write it
 * @param description one line: what it is, size, licence
 * @param classes in the order of the labels
 * @param normalization mean and std of its training images
 * @param files all of them, with their digests
 */
public record KnownDataset(
        String name, String description, List<String> classes, Normalization normalization, List<DatasetFile> files) {
    private static final List<KnownDataset> ALL = List.of(fashionMnist(), mnist(), cifar10(), cifar100());

    public KnownDataset {
        classes = List.copyOf(classes);
        files = List.copyOf(files);
    }

    /** Every data set that can be fetched, the default first. */
    public static List<KnownDataset> all() {
        return ALL;
    }

    /**
     * The data set of that name.
     *
     * @throws DonnaException.InvalidInput if there is none
     */
    public static KnownDataset of(String name) {
        for (KnownDataset d : ALL) {
            if (d.name.equals(name)) {
                return d;
            }
        }
        throw new DonnaException.InvalidInput("data set '" + name + "' is not known; expected one of "
                + ALL.stream().map(KnownDataset::name).toList());
    }

    private static KnownDataset fashionMnist() {
        return new KnownDataset(
                "fashion-mnist",
                "grey 28x28 images of clothing, 60,000 + 10,000, 10 classes, MIT licence",
                List.of(
                        "T-shirt/top",
                        "Trouser",
                        "Pullover",
                        "Dress",
                        "Coat",
                        "Sandal",
                        "Shirt",
                        "Sneaker",
                        "Bag",
                        "Ankle boot"),
                new Normalization(new float[] {.2860f}, new float[] {.3530f}),
                idx(
                        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"));
    }

    private static KnownDataset mnist() {
        return new KnownDataset(
                "mnist",
                "grey 28x28 images of handwritten digits, 60,000 + 10,000, 10 classes",
                List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
                new Normalization(new float[] {.1307f}, new float[] {.3081f}),
                idx(
                        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"));
    }

    private static KnownDataset cifar10() {
        return new KnownDataset(
                "cifar10",
                "colour 32x32 photographs, 50,000 + 10,000, 10 classes",
                List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
                new Normalization(new float[] {.4914f, .4822f, .4465f}, new float[] {.2470f, .2435f, .2616f}),
                List.of(
                        batch("data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
                        batch("data_batch_2.bin", "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
                        batch("data_batch_3.bin", "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
                        batch("data_batch_4.bin", "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
                        batch("data_batch_5.bin", "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
                        batch("test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b")));
    }

    private static KnownDataset cifar100() {
        return new KnownDataset(
                "cifar100",
                "colour 32x32 photographs, 50,000 + 10,000, 100 classes",
                List.of(("apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus"
                    + " butterfly camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch"
                    + " crab crocodile cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo"
                    + " keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse"
                    + " mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy"
                    + " porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper"
                    + " snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television"
                    + " tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm")
                        .split(" ")),
                new Normalization(new float[] {.5071f, .4865f, .4409f}, new float[] {.2673f, .2564f, .2762f}),
                List.of(
                        new DatasetFile(
                                "train.bin",
                                153_700_000,
                                "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"),
                        new DatasetFile(
                                "test.bin",
                                30_740_000,
                                "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a")));
    }

    private static DatasetFile batch(String name, String sha256) {
        return new DatasetFile(name, 30_730_000, sha256);
    }

    private static List<DatasetFile> idx(String trainImages, String trainLabels, String testImages, String testLabels) {
        return List.of(
                new DatasetFile("train-images-idx3-ubyte", 47_040_016, trainImages),
                new DatasetFile("train-labels-idx1-ubyte", 60_008, trainLabels),
                new DatasetFile("t10k-images-idx3-ubyte", 7_840_016, testImages),
                new DatasetFile("t10k-labels-idx1-ubyte", 10_008, testLabels));
    }
}
