package donna.space;

import donna.spec.Attention;
import donna.spec.BlockType;
import donna.spec.CandidateSpec;
import donna.spec.FamilySpec;
import donna.spec.Json;
import donna.spec.SpaceSpec;
import donna.tensor.Activation;
import donna.tensor.DonnaException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One way to build a block: {@code depth} layers, of which the first carries the block's stride and change of channels.
 *
 * @param type what each layer is
 * @param kernel side of the kxk window
 * @param expand hidden channels as a multiple of the layer's input channels
 * @param depth number of layers
 * @param se channel attention
 * @param act the activation
 * @param groupWidth channels a group of a {@code GROUPED} candidate's kxk convolution; 1 for {@code MBCONV}, else 0 (all of them)
 * @param heads of a transformer, else 1
 * @param width share of the channels inside that there are
 * @param family of a {@code COMPOSED} candidate: the spec's name for it and a digest of what it is; else empty
 * @param ops what the family is; empty too where a name was read without a space that knows it
 */
public record Candidate(
        BlockType type,
        int kernel,
        int expand,
        int depth,
        Attention se,
        Activation act,
        int groupWidth,
        int heads,
        double width,
        String family,
        Optional<FamilySpec> ops) {
    private static final int USUAL_GROUP_WIDTH = 8;

    /** Hexadecimal digits of a family's digest in its name: a changed family has another name, and nothing kept under the old one is taken for it. */
    private static final int DIGEST = 6;

    private static final Pattern FORM =
            Pattern.compile("([mgfbostu]|c[A-Za-z0-9-]{1,40}\\.)k(\\d{1,2})e(\\d{1,2})d(\\d{1,2})([SVE]?)(r6|r|w|hw|hs|s|g|n)(?:W(\\d{1,5}))?(?:h(\\d{1,2}))?(?:x(\\d{1,2}))?");

    private static final int PERCENT = 100;

    public Candidate {
        groupWidth = switch (type) {
            case MBCONV -> 1;
            case GROUPED -> groupWidth;
            default -> 0;
        };
    }

    /** A convolutional candidate with or without squeeze-and-excitation. */
    public Candidate(BlockType type, int kernel, int expand, int depth, boolean se, Activation act, int groupWidth) {
        this(type, kernel, expand, depth, se ? Attention.SE : Attention.NONE, act, groupWidth, 1, 1, "", Optional.empty());
    }

    /** The candidate a spec words, with its space's group width and families. */
    public static Candidate of(CandidateSpec c, SpaceSpec space) {
        Optional<FamilySpec> ops = Optional.ofNullable(space.families().get(c.family()));
        String family = ops.map(o -> c.family() + "-" + Json.hash(o).substring(0, DIGEST)).orElse("");
        return new Candidate(c.type(), c.kernel(), c.expand(), c.depth(), c.se(), c.act(), space.groupWidth(), c.heads(), c.width(), family, ops);
    }

    /** As a spec words it. */
    public CandidateSpec spec() {
        String name = family.isEmpty() ? "" : family.substring(0, family.length() - DIGEST - 1);
        return new CandidateSpec(type, kernel, expand, depth, se, act, heads, width, name);
    }

    /** The same with another depth. */
    public Candidate withDepth(int layers) {
        return new Candidate(type, kernel, expand, layers, se, act, groupWidth, heads, width, family, ops);
    }

    /** What it is, axis by axis in the spec's words, such as {@code kernel} and {@code 5}. */
    public Map<String, String> traits() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("type", word(type));
        all.put("kernel", Integer.toString(kernel));
        all.put("expand", Integer.toString(expand));
        all.put("depth", Integer.toString(depth));
        all.put("se", se == Attention.NONE ? "false" : se == Attention.SE ? "true" : word(se));
        all.put("act", word(act));
        if (type == BlockType.TRANSFORMER) {
            all.put("heads", Integer.toString(heads));
        }
        all.put("width", Double.toString(width));
        if (!family.isEmpty()) {
            all.put("family", spec().family());
        }
        return all;
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** Hidden channels of layer {@code layer} of this candidate in {@code block}. */
    public int hidden(Block block, int layer) {
        return expand * (layer == 0 ? block.in() : block.out());
    }

    /** Groups of a kxk convolution over {@code hidden} channels. */
    public int groups(int hidden) {
        return groupWidth == 0 ? 1 : hidden / groupWidth;
    }

    /**
     * The short form, such as {@code mk5e4d2Sw}: type ({@code m} mbconv, {@code g} grouped, {@code f} fused, {@code b} basic,
     * {@code o} bottleneck, {@code s} shift, {@code t} transformer, {@code c} with the family and a dot composed, {@code u} units of
     * the reference model), kernel, expand, depth, attention ({@code S} squeeze-and-excitation, {@code V} with hard gates, {@code E} efficient), activation ({@code r} relu,
     * {@code r6} relu6, {@code w} swish, {@code hw} hswish, {@code s} sigmoid, {@code hs} hsigmoid,
     * {@code g} gelu,
     * {@code n} none), {@code W16} for grouped convolutions of another width than 8, {@code h3} for a transformer's heads, and
     * {@code x50} for half the channels inside.
     */
    @Override
    public String toString() {
        String groups = type == BlockType.GROUPED && groupWidth != USUAL_GROUP_WIDTH ? "W" + groupWidth : "";
        String attention = switch (se) {
            case NONE -> "";
            case SE -> "S";
            case HARD_SE -> "V";
            case ECA -> "E";
        };
        String type = this.type == BlockType.COMPOSED ? "c" + family + "." : letter(this.type);
        return type + "k" + kernel + "e" + expand + "d" + depth + attention + letters(act) + groups
                + (this.type == BlockType.TRANSFORMER ? "h" + heads : "")
                + (width < 1 ? "x" + Math.round(PERCENT * width) : "");
    }

    /**
     * Reads the short form.
     *
     * @throws DonnaException.InvalidInput if {@code text} is not one
     */
    public static Candidate parse(String text) {
        Matcher m = FORM.matcher(text);
        if (!m.matches()) {
            throw new DonnaException.InvalidInput("candidate '" + text
                    + "' cannot be read; expected type m, g, f, b, o, s, t, u or c with a family, then k, e, d with numbers, S, V, E or nothing,"
                    + " an activation, such as mk5e4d2Sw");
        }
        BlockType type = Arrays.stream(BlockType.values())
                .filter(t -> m.group(1).startsWith(letter(t)))
                .findFirst()
                .orElseThrow();
        String family = type == BlockType.COMPOSED ? m.group(1).substring(1, m.group(1).length() - 1) : "";
        return new Candidate(
                type,
                Integer.parseInt(m.group(2)),
                Integer.parseInt(m.group(3)),
                Integer.parseInt(m.group(4)),
                switch (m.group(5)) {
                    case "S" -> Attention.SE;
                    case "V" -> Attention.HARD_SE;
                    case "E" -> Attention.ECA;
                    default -> Attention.NONE;
                },
                activation(m.group(6)),
                m.group(7) == null ? USUAL_GROUP_WIDTH : Integer.parseInt(m.group(7)),
                m.group(8) == null ? 1 : Integer.parseInt(m.group(8)),
                m.group(9) == null ? 1 : Double.parseDouble(m.group(9)) / PERCENT,
                family,
                Optional.empty());
    }

    private static String letter(BlockType type) {
        return switch (type) {
            case MBCONV -> "m";
            case GROUPED -> "g";
            case FUSED -> "f";
            case BASIC -> "b";
            case BOTTLENECK -> "o";
            case SHIFT -> "s";
            case TRANSFORMER -> "t";
            case COMPOSED -> "c";
            case OWN -> "u";
        };
    }

    private static String letters(Activation act) {
        return switch (act) {
            case NONE -> "n";
            case RELU -> "r";
            case RELU6 -> "r6";
            case SWISH -> "w";
            case HSWISH -> "hw";
            case SIGMOID -> "s";
            case HSIGMOID -> "hs";
            case GELU -> "g";
        };
    }

    private static Activation activation(String letters) {
        for (Activation act : Activation.values()) {
            if (letters(act).equals(letters)) {
                return act;
            }
        }
        throw new DonnaException.InvalidInput(
                "activation '" + letters + "' is unknown; expected r, r6, w, hw, s, hs, g or n");
    }
}
