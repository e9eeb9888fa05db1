package donna.spec;

import donna.spec.FamilySpec.Kind;
import donna.spec.FamilySpec.Step;
import donna.tensor.Activation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the block families that a user composes. */
final class FamilyReader {
    private static final Set<Kind> WITHOUT_KERNEL = Set.of(Kind.SQUEEZE_EXCITE, Kind.ECA);

    private FamilyReader() {}

    /** The families of a space, by name. */
    static Map<String, FamilySpec> families(Section own) {
        Map<String, FamilySpec> out = new LinkedHashMap<>();
        for (String name : own.keys()) {
            if (!name.matches("[A-Za-z0-9-]{1,24}")) {
                own.mistake(name, "is no name of a family; allowed 1 to 24 letters, digits and -");
            }
            Section s = own.section(name);
            out.put(name, family(s));
            s.close();
        }
        return out;
    }

    private static FamilySpec family(Section s) {
        List<Step> steps = new ArrayList<>();
        boolean strided = false;
        String channels = "in";
        for (Section o : s.sections("ops")) {
            Step step = step(o);
            if (step.stride() && strided) {
                o.mistake("stride", "a second op carries the stride; allowed one");
            }
            strided |= step.stride();
            channels = step.op() == Kind.CONV ? step.channels() : channels;
            steps.add(step);
            o.close();
        }
        if (!strided) {
            s.mistake("ops", "no op carries the stride; give one of them stride: true");
        }
        if (!channels.equals("out")) {
            s.mistake("ops", "the last conv gives " + channels + " channels; expected out");
        }
        return new FamilySpec(s.flag("residual", true), steps);
    }

    private static Step step(Section o) {
        Kind kind = o.word("op", Kind.class);
        boolean windowed = !WITHOUT_KERNEL.contains(kind);
        boolean convolves = kind == Kind.CONV || kind == Kind.DEPTHWISE;
        Step d = new Step(kind, "1", "in", 1, false, convolves ? FamilySpec.ACT : "none");
        boolean ownKernel = kind == Kind.CONV ? o.has("kernel") : windowed;
        Step step = new Step(
                kind,
                ownKernel ? o.text("kernel") : text(o, "kernel", d.kernel()),
                kind == Kind.CONV ? o.text("channels") : text(o, "channels", d.channels()),
                o.integer("groups", 1, 1 << 16, d.groups()),
                o.flag("stride", d.stride()),
                text(o, "act", d.act()));
        if (!step.kernel().equals(FamilySpec.KERNEL) && !step.kernel().matches("[13579]|11")) {
            o.mistake("kernel", step.kernel() + " is no side of a window; allowed 1, 3, 5, 7, 9, 11, " + FamilySpec.KERNEL);
        }
        if (!FamilySpec.CHANNELS.contains(step.channels()) && !step.channels().matches("[1-9]\\d{0,4}")) {
            o.mistake("channels", step.channels() + " is no number of channels; allowed 1 to 99999, " + String.join(", ", FamilySpec.CHANNELS));
        }
        if (!step.act().equals(FamilySpec.ACT)) {
            o.word("act", Activation.NONE);
        }
        fixed(o, "kernel", windowed, step.kernel(), d.kernel());
        fixed(o, "channels", kind == Kind.CONV, step.channels(), d.channels());
        fixed(o, "groups", kind == Kind.CONV, step.groups(), d.groups());
        fixed(o, "stride", windowed && kind != Kind.SHIFT, step.stride(), d.stride());
        fixed(o, "act", convolves, step.act(), d.act());
        return step;
    }

    private static String text(Section o, String key, String fallback) {
        return o.has(key) ? o.text(key) : fallback;
    }

    /** An op that has no such property keeps the value that says so. */
    private static void fixed(Section o, String key, boolean has, Object value, Object none) {
        if (!has && !value.equals(none)) {
            o.mistake(key, value + ": this op has no " + key + "; leave it out");
        }
    }
}
