package donna.format;

import donna.tensor.DonnaException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads pickles of numbers, texts, tuples, lists and dicts (Python's pickletools, protocols 2 to 5). It runs no code and makes no object: a pickle's
 * references to functions, classes and outside storage go to a {@link Vocabulary}, and opcodes that could do anything else are refused. Tuples and lists
 * become {@code List}, dicts {@code Map} in their order, whole numbers {@code Long}, None {@link #NONE}. One thread.
 */
final class Pickle {
    /** Python's None. */
    static final Object NONE = new Object();

    private static final Object MARK = new Object();

    /** Longest text; names of tensors are shorter. */
    private static final int MAX_TEXT = 1 << 20;

    /** Most opcodes of one pickle: a tensor takes about forty. */
    private static final int MAX_STEPS = 1 << 24;

    /** What a pickle may refer to. */
    interface Vocabulary {
        /** Stands for the function or class {@code module.name}; refuses what it does not know. */
        Object global(String name);

        /** The result of calling what {@link #global} gave. */
        Object call(Object global, List<?> arguments);

        /** The outside object of that id. */
        Object persistent(Object id);
    }

    private final DataInputStream in;
    private final String what;
    private final Vocabulary vocabulary;
    private final Deque<Object> stack = new ArrayDeque<>();
    private final Map<Long, Object> memo = new HashMap<>();

    private Pickle(InputStream in, String what, Vocabulary vocabulary) {
        this.in = new DataInputStream(in);
        this.what = what;
        this.vocabulary = vocabulary;
    }

    /**
     * Reads one pickle and no byte more.
     *
     * @param what the file, for messages
     * @throws DonnaException.InvalidInput if it is truncated, malformed or refused
     */
    static Object read(InputStream in, String what, Vocabulary vocabulary) throws IOException {
        Pickle p = new Pickle(in, what, vocabulary);
        try {
            for (int steps = 0; steps < MAX_STEPS; steps++) {
                int opcode = p.in.readUnsignedByte();
                if (opcode == '.') {
                    return p.pop();
                }
                p.step(opcode);
            }
            throw p.malformed("has more than " + MAX_STEPS + " steps");
        } catch (EOFException e) {
            throw new DonnaException.InvalidInput(what + ": its pickle ends in the middle; the file is truncated", e);
        } catch (ClassCastException e) {
            throw new DonnaException.InvalidInput(what + ": its pickle is malformed (" + e.getMessage() + ")", e);
        }
    }

    private void step(int opcode) throws IOException {
        switch (opcode) {
            case 0x80 -> protocol(in.readUnsignedByte());
            case 0x95 -> in.readLong(); // a frame's length, which reading does not need
            case '(' -> stack.push(MARK);
            case '0' -> pop();
            case 'N' -> stack.push(NONE);
            case 0x88 -> stack.push(true);
            case 0x89 -> stack.push(false);
            case 'K' -> stack.push((long) in.readUnsignedByte());
            case 'M' -> stack.push(little(2));
            case 'J' -> stack.push((long) (int) little(4));
            case 0x8a -> stack.push(longInteger(in.readUnsignedByte()));
            case 'G' -> stack.push(in.readDouble());
            case 'X' -> stack.push(text(little(4)));
            case 0x8c, 'U' -> stack.push(text(in.readUnsignedByte()));
            case 'T' -> stack.push(text(little(4)));
            case ')', ']' -> stack.push(new ArrayList<>());
            case '}' -> stack.push(new LinkedHashMap<>());
            case 't', 'l' -> stack.push(marked());
            case 0x85 -> stack.push(last(1));
            case 0x86 -> stack.push(last(2));
            case 0x87 -> stack.push(last(3));
            case 'd' -> stack.push(items(new LinkedHashMap<>(), marked()));
            case 'a' -> append(last(1));
            case 'e' -> append(marked());
            case 's' -> setItems(last(2));
            case 'u' -> setItems(marked());
            case 'q' -> memo.put((long) in.readUnsignedByte(), peek());
            case 'r' -> memo.put(little(4), peek());
            case 0x94 -> memo.put((long) memo.size(), peek());
            case 'h' -> recall(in.readUnsignedByte());
            case 'j' -> recall(little(4));
            case 'c' -> stack.push(vocabulary.global(line() + "." + line()));
            case 0x93 -> {
                List<Object> names = last(2);
                stack.push(vocabulary.global(printable((String) names.get(0)) + "." + printable((String) names.get(1))));
            }
            case 'R' -> {
                List<Object> call = last(2);
                stack.push(vocabulary.call(call.get(0), (List<?>) call.get(1)));
            }
            case 'b' -> pop(); // attributes: a state dict's only one is its version, which nobody needs
            case 'Q' -> stack.push(vocabulary.persistent(pop()));
            default ->
                throw new DonnaException.InvalidInput(what + ": its pickle has opcode 0x" + Integer.toHexString(opcode)
                        + ", which a state dict of tensors does not need; save model.state_dict() alone");
        }
    }

    private void protocol(int version) {
        if (version < 2 || version > 5) {
            throw new DonnaException.InvalidInput(what + ": pickle protocol " + version + "; expected 2 to 5");
        }
    }

    private void recall(long index) {
        Object known = memo.get(index);
        if (known == null) {
            throw malformed("asks for memo " + index + ", which was never stored");
        }
        stack.push(known);
    }

    private Object pop() {
        peek();
        return stack.pop();
    }

    private Object peek() {
        if (stack.isEmpty() || stack.peek() == MARK) {
            throw malformed("takes more from its stack than is there");
        }
        return stack.peek();
    }

    /** The last {@code count} objects, in the order in which they came. */
    private List<Object> last(int count) {
        Object[] out = new Object[count];
        for (int i = count - 1; i >= 0; i--) {
            out[i] = pop();
        }
        return new ArrayList<>(List.of(out));
    }

    /** Everything since the last mark. */
    private List<Object> marked() {
        List<Object> out = new ArrayList<>();
        while (!stack.isEmpty() && stack.peek() != MARK) {
            out.add(stack.pop());
        }
        if (stack.isEmpty()) {
            throw malformed("lacks a mark");
        }
        stack.pop();
        return out.reversed();
    }

    @SuppressWarnings("unchecked") // every list of this reader holds objects
    private void append(List<Object> objects) {
        ((List<Object>) peek()).addAll(objects);
    }

    @SuppressWarnings("unchecked") // as every map does
    private void setItems(List<Object> keysAndValues) {
        items((Map<Object, Object>) peek(), keysAndValues);
    }

    /** Keys are texts and numbers: the hash of a list could take for ever. */
    private Map<Object, Object> items(Map<Object, Object> map, List<Object> keysAndValues) {
        if (keysAndValues.size() % 2 != 0) {
            throw malformed("has a key without a value");
        }
        for (int i = 0; i < keysAndValues.size(); i += 2) {
            if (!(keysAndValues.get(i) instanceof String) && !(keysAndValues.get(i) instanceof Number)) {
                throw malformed("has a key that is neither text nor number");
            }
            map.put(keysAndValues.get(i), keysAndValues.get(i + 1));
        }
        return map;
    }

    private long little(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) in.readUnsignedByte() << 8 * i;
        }
        return value;
    }

    private Object longInteger(int bytes) throws IOException {
        if (bytes <= 8) {
            long value = little(bytes);
            int unused = 64 - 8 * bytes;
            return bytes == 0 ? 0L : value << unused >> unused;
        }
        if (bytes > 16) {
            throw malformed("has a whole number of " + bytes + " bytes");
        }
        byte[] raw = new byte[bytes];
        in.readFully(raw);
        return new BigInteger(reversed(raw));
    }

    private String text(long bytes) throws IOException {
        if (bytes < 0 || bytes > MAX_TEXT) {
            throw malformed("has a text of " + bytes + " bytes, expected at most " + MAX_TEXT);
        }
        byte[] raw = new byte[(int) bytes];
        in.readFully(raw);
        return new String(raw, StandardCharsets.UTF_8);
    }

    private String line() throws IOException {
        StringBuilder out = new StringBuilder();
        for (int c = in.readUnsignedByte(); c != '\n'; c = in.readUnsignedByte()) {
            if (out.length() > 1024) {
                throw malformed("has a name of more than 1024 letters");
            }
            out.append((char) c);
        }
        return printable(out.toString());
    }

    /** A file's text for a message of one line. */
    static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    private static byte[] reversed(byte[] little) {
        byte[] out = new byte[little.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = little[out.length - 1 - i];
        }
        return out;
    }

    private DonnaException malformed(String how) {
        return new DonnaException.InvalidInput(what + ": its pickle " + how + "; it is altered or no torch file");
    }
}
