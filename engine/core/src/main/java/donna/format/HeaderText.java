package donna.format;

import donna.tensor.DonnaException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The part of JSON (RFC 8259) that a safetensors header is made of: objects, strings and lists of whole numbers.
 * Strict: no other token passes.
 */
final class HeaderText {
    /** The format's own limit. */
    static final long MAX_BYTES = 100_000_000;

    private final Path file;
    private final String text;
    private int at;

    HeaderText(Path file, byte[] utf8) {
        this.file = file;
        try {
            this.text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new DonnaException.InvalidInput(
                    file + ": its header is not UTF-8 text; it is altered or of another kind", e);
        }
    }

    DonnaException error(String expected) {
        String found =
                at < text.length() ? "'" + text.substring(at, Math.min(at + 12, text.length())) + "'" : "its end";
        return new DonnaException.InvalidInput(file + ": header at character " + at + ": expected " + expected
                + ", found " + found + "; it is altered");
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    void expect(char c) {
        if (!take(c)) {
            throw error("'" + c + "'");
        }
    }

    /** Whether the next token is {@code c}, which is then passed. */
    boolean take(char c) {
        skipSpace();
        boolean found = at < text.length() && text.charAt(at) == c;
        at += found ? 1 : 0;
        return found;
    }

    void expectEnd() {
        skipSpace();
        if (at < text.length()) {
            throw error("the end");
        }
    }

    String string() {
        expect('"');
        StringBuilder s = new StringBuilder();
        while (true) {
            if (at >= text.length() || text.charAt(at) < ' ') {
                throw error("a character of a string");
            }
            char c = text.charAt(at++);
            if (c == '"') {
                return s.toString();
            }
            s.append(c == '\\' ? escape() : c);
        }
    }

    private char escape() {
        int kind = at < text.length() ? "\"\\/bfnrtu".indexOf(text.charAt(at)) : -1;
        if (kind < 0) {
            throw error("an escape");
        }
        at++;
        if (kind < 8) {
            return "\"\\/\b\f\n\r\t".charAt(kind);
        }
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = at < text.length() && text.charAt(at) < 128 ? Character.digit(text.charAt(at), 16) : -1;
            if (digit < 0) {
                throw error("four hexadecimal digits");
            }
            code = code * 16 + digit;
            at++;
        }
        return (char) code;
    }

    /** A whole number from 0 to 2^53, without leading zeros. */
    long wholeNumber() {
        skipSpace();
        int begin = at;
        long n = 0;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9' && n <= 1L << 53) {
            n = n * 10 + text.charAt(at++) - '0';
        }
        if (at == begin || n > 1L << 53 || at - begin > 1 && text.charAt(begin) == '0') {
            at = begin;
            throw error("a whole number of at most 2^53");
        }
        return n;
    }

    /** Appends {@code s} as a JSON string. */
    static void quote(StringBuilder out, String s) {
        out.append('"');
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            int kind = "\"\\\b\f\n\r\t".indexOf(c);
            if (kind >= 0) {
                out.append('\\').append("\"\\bfnrt".charAt(kind));
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
