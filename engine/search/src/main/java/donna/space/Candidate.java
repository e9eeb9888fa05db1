package donna.space;

import donna.spec.BlockType;
import donna.spec.CandidateSpec;
import donna.tensor.Activation;
import donna.tensor.DonnaException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One way to build a block: {@code depth} layers, of which the first carries the block's stride and change of channels.
 *
 * @param type the convolution in the middle of each layer
 * @param kernel side of the kxk convolution
 * @param expand hidden channels as a multiple of the layer's input channels
 * @param depth number of layers
 * @param se whether squeeze-and-excitation follows the kxk convolution
 * @param act the activation
 * @param groupWidth channels a group of the kxk convolution: 1 for {@code MBCONV}, 0 (all of them) for {@code FUSED}
 */
public record Candidate(BlockType type, int kernel, int expand, int depth, boolean se, Activation act, int groupWidth) {
    private static final int USUAL_GROUP_WIDTH = 8;
    private static final Pattern FORM =
            Pattern.compile("([mgf])k(\\d{1,2})e(\\d{1,2})d(\\d{1,2})(S?)(r6|r|w|hw|hs|s|g|n)(?:W(\\d{1,5}))?");

    public Candidate {
        groupWidth = switch (type) {
            case MBCONV -> 1;
            case GROUPED -> groupWidth;
            case FUSED -> 0;
        };
    }

    /** The candidate a spec words, with the spec's group width. */
    public static Candidate of(CandidateSpec c, int groupWidth) {
        return new Candidate(c.type(), c.kernel(), c.expand(), c.depth(), c.se(), c.act(), groupWidth);
    }

    /** As a spec words it. */
    public CandidateSpec spec() {
        return new CandidateSpec(type, kernel, expand, depth, se, act);
    }

    /** What it is, axis by axis in the spec's words, such as {@code kernel} and {@code 5}. */
    public Map<String, String> traits() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("type", word(type));
        all.put("kernel", Integer.toString(kernel));
        all.put("expand", Integer.toString(expand));
        all.put("depth", Integer.toString(depth));
        all.put("se", Boolean.toString(se));
        all.put("act", word(act));
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
     * The short form, such as {@code mk5e4d2Sw}: type, kernel, expand, depth, {@code S} with squeeze-and-excitation,
     * activation
     * ({@code r} relu, {@code r6} relu6, {@code w} swish, {@code hw} hswish, {@code s} sigmoid, {@code hs} hsigmoid,
     * {@code g} gelu,
     * {@code n} none), and {@code W16} for grouped convolutions of another width than 8.
     */
    @Override
    public String toString() {
        String width = type == BlockType.GROUPED && groupWidth != USUAL_GROUP_WIDTH ? "W" + groupWidth : "";
        return letter(type) + "k" + kernel + "e" + expand + "d" + depth + (se ? "S" : "") + letters(act) + width;
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
                    + "' cannot be read; expected type m, g or f, then k, e, d with numbers, S or nothing, an"
                    + " activation, such as mk5e4d2Sw");
        }
        BlockType type = switch (m.group(1)) {
            case "m" -> BlockType.MBCONV;
            case "g" -> BlockType.GROUPED;
            default -> BlockType.FUSED;
        };
        return new Candidate(
                type,
                Integer.parseInt(m.group(2)),
                Integer.parseInt(m.group(3)),
                Integer.parseInt(m.group(4)),
                !m.group(5).isEmpty(),
                activation(m.group(6)),
                m.group(7) == null ? USUAL_GROUP_WIDTH : Integer.parseInt(m.group(7)));
    }

    private static String letter(BlockType type) {
        return switch (type) {
            case MBCONV -> "m";
            case GROUPED -> "g";
            case FUSED -> "f";
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
