package donna.data;

import donna.data.ImageSource.Entry;
import donna.tensor.DonnaException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Tells split and class of image files by their paths and by lists that lie beside them:
 *
 * <ul>
 *   <li>{@code SPLIT/CLASS/NAME} (ImageFolder, and ImageNet with its validation images in class folders);
 *   <li>{@code SPLIT/CLASS/images/NAME}, and {@code val/images/NAME} with {@code val_annotations.txt} (Tiny-ImageNet);
 *   <li>{@code val/NAME} with {@code val.txt} (a file name and a class or its number in each line) or {@code LOC_val_solution.csv} (ImageNet);
 *   <li>{@code KEY.jpg} beside {@code KEY.cls} in a tar shard (WebDataset), the split told by the shard's name.
 * </ul>
 *
 * Classes are in the order of their names, or in that of a class-index file: {@code classes.txt} (one a line), {@code class_to_idx.json} or
 * {@code class_index.json}. One thread.
 */
final class ImageLayout {
    /** Longest list of labels that is taken. */
    static final int MAX_NOTE = 1 << 26;

    /** Longest label of a shard. */
    static final int MAX_LABEL = 1 << 10;

    private static final int MAX_CLASSES = 1 << 20;
    private static final Set<String> SPLITS = Set.of("train", "val", "valid", "validation", "test");
    private static final Set<String> INDICES = Set.of("classes.txt", "class_to_idx.json", "class_index.json");
    private static final Pattern LIST = Pattern.compile("(train|val|valid|validation|test)(?:_annotations)?\\.txt|LOC_(train|val|test)_solution\\.csv");
    private static final Pattern SHARD = Pattern.compile("(?:^|[^a-z])(train|validation|valid|val|test)(?:[^a-z]|$)");

    private final String source;
    private final List<ImageDecoder> decoders = ImageDecoder.all();
    private final List<String> images = new ArrayList<>();
    private final Map<String, Map<String, String>> lists = new HashMap<>();
    private final Map<String, Entry> shardLabels = new HashMap<>();
    private Optional<List<String>> index = Optional.empty();

    /** @param source for messages */
    ImageLayout(String source) {
        this.source = source;
    }

    static String ending(String path) {
        return path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    private static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Whether the file lists labels or classes. */
    static boolean isNote(String path) {
        return INDICES.contains(fileName(path)) || LIST.matcher(fileName(path)).matches();
    }

    /** Whether some decoder takes the file. */
    static boolean isImage(String path, List<ImageDecoder> decoders) {
        String name = fileName(path);
        return !name.startsWith(".") && name.indexOf('.') > 0 && decoders.stream().anyMatch(d -> d.handles(ending(path)));
    }

    /** Whether the file is the label of the image beside it. */
    static boolean isShardLabel(String path) {
        return path.endsWith(".cls");
    }

    /** Everything before the file name's first dot: what files of one sample share. */
    private static String key(String path) {
        int dot = path.indexOf('.', path.lastIndexOf('/') + 1);
        return dot < 0 ? path : path.substring(0, dot);
    }

    void image(String path) {
        if (isImage(path, decoders)) {
            images.add(path);
        }
    }

    void note(String path, byte[] content) {
        String text = new String(content, StandardCharsets.UTF_8);
        String name = fileName(path);
        if (INDICES.contains(name)) {
            index = Optional.of(index(path, text));
            return;
        }
        Matcher m = LIST.matcher(name);
        if (m.matches()) {
            String split = m.group(1) == null ? m.group(2) : m.group(1);
            Map<String, String> list = lists.computeIfAbsent(split, s -> new HashMap<>());
            text.lines().map(l -> l.strip().split("[\\s,]+")).filter(p -> p.length > 1).forEach(p -> list.put(key(fileName(p[0])), p[1]));
        }
    }

    /** @param shard path of the tar file */
    void shardLabel(String shard, String path, byte[] content) {
        Matcher m = SHARD.matcher(shard.toLowerCase(Locale.ROOT));
        String label = new String(content, StandardCharsets.UTF_8).strip();
        shardLabels.put(key(path), new Entry(path, m.find() ? m.group(1) : "train", label));
    }

    private List<String> index(String path, String text) {
        Map<Integer, String> byIndex = new TreeMap<>();
        if (path.endsWith(".txt")) {
            text.lines().map(String::strip).filter(l -> !l.isEmpty()).forEach(l -> byIndex.put(byIndex.size(), l.split("\\s+")[0]));
        } else {
            boolean named = path.endsWith("class_to_idx.json");
            Matcher m = Pattern.compile(named ? "\"([^\"]+)\"\\s*:\\s*(\\d{1,7})" : "\"(\\d{1,7})\"\\s*:\\s*\\[?\\s*\"([^\"]+)\"").matcher(text);
            while (m.find()) {
                byIndex.put(Integer.parseInt(m.group(named ? 2 : 1)), m.group(named ? 1 : 2));
            }
        }
        List<String> classes = List.copyOf(byIndex.values());
        boolean whole = byIndex.keySet().stream().sorted().toList().equals(IntStream.range(0, classes.size()).boxed().toList());
        if (classes.isEmpty() || !whole || Set.copyOf(classes).size() < classes.size()) {
            throw new DonnaException.InvalidInput(source + ": '" + path + "' gives " + classes.size() + " classes the numbers "
                    + byIndex.keySet().stream().limit(5).toList() + " and so on; expected each of 0 to n - 1 once, and no class twice");
        }
        return classes;
    }

    /** What was told so far, put together. */
    ImageSource.Listing listing() {
        List<Entry> entries = shardLabels.isEmpty() ? byPath() : byShard();
        Set<String> found = new TreeSet<>(entries.stream().map(Entry::className).toList());
        List<String> classes = index.orElseGet(() -> shardLabels.isEmpty() ? List.copyOf(found) : numbers(found));
        List<Entry> named = new ArrayList<>();
        for (Entry e : entries) {
            String name = classes.contains(e.className()) ? e.className() : number(e, classes);
            named.add(new Entry(e.path(), e.split(), name));
        }
        return new ImageSource.Listing(named, classes);
    }

    /** A class that is told by its number in the order of classes. */
    private String number(Entry e, List<String> classes) {
        if (!e.className().matches("\\d{1,7}") || Integer.parseInt(e.className()) >= classes.size()) {
            throw new DonnaException.InvalidInput(source + ": '" + e.path() + "' is of class '" + e.className() + "', which is not among the "
                    + classes.size() + " classes; add it to the class-index file or remove the image");
        }
        return classes.get(Integer.parseInt(e.className()));
    }

    /** Whole numbers in their own order, from 0 to the largest; other names in the order of text. */
    private List<String> numbers(Set<String> found) {
        if (!found.stream().allMatch(c -> c.matches("\\d{1,7}"))) {
            return List.copyOf(found);
        }
        int largest = found.stream().mapToInt(Integer::parseInt).max().orElse(0);
        if (largest >= MAX_CLASSES) {
            throw new DonnaException.InvalidInput(source + ": a label is " + largest + "; at most " + MAX_CLASSES + " classes are taken");
        }
        return IntStream.rangeClosed(0, largest).mapToObj(Integer::toString).toList();
    }

    private List<Entry> byShard() {
        return images.stream()
                .filter(path -> shardLabels.containsKey(key(path)))
                .map(path -> new Entry(path, shardLabels.get(key(path)).split(), shardLabels.get(key(path)).className()))
                .toList();
    }

    private List<Entry> byPath() {
        List<Entry> entries = new ArrayList<>();
        Set<String> folders = new TreeSet<>();
        List<String> listed = new ArrayList<>();
        for (String path : images) {
            String[] parts = path.split("/");
            int n = parts.length;
            boolean inImages = n >= 3 && parts[n - 2].equals("images");
            if (n >= 3 && !inImages && SPLITS.contains(parts[n - 3])) {
                entries.add(new Entry(path, parts[n - 3], parts[n - 2]));
            } else if (inImages && n >= 4 && SPLITS.contains(parts[n - 4])) {
                entries.add(new Entry(path, parts[n - 4], parts[n - 3]));
            } else if (inImages && SPLITS.contains(parts[n - 3]) || n >= 2 && SPLITS.contains(parts[n - 2])) {
                listed.add(path);
            } else if (n >= 3) {
                entries.add(new Entry(path, parts[n - 3], parts[n - 2]));
            }
        }
        entries.forEach(e -> folders.add(e.className()));
        List<String> order = index.orElse(List.copyOf(folders));
        for (String path : listed) {
            String[] parts = path.split("/");
            String split = parts[parts.length - 2].equals("images") ? parts[parts.length - 3] : parts[parts.length - 2];
            Optional.ofNullable(lists.getOrDefault(split, Map.of()).get(key(fileName(path))))
                    .map(c -> order.contains(c) || order.isEmpty() ? c : number(new Entry(path, split, c), order))
                    .ifPresent(c -> entries.add(new Entry(path, split, c)));
        }
        return entries;
    }
}
