package donna.spec;

import tools.jackson.core.JsonGenerator;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;

/** Writes JSON with the entries of the outermost objects and lists on lines of their own, and what lies deeper in one line. */
final class OutermostLines extends DefaultPrettyPrinter {
    private static final long serialVersionUID = 1L;

    private final int levels;

    OutermostLines(int levels) {
        this.levels = levels;
        Indenter indenter = new DefaultIndenter();
        _objectIndenter = indenter;
        _arrayIndenter = indenter;
    }

    @Override
    public DefaultPrettyPrinter createInstance() {
        return new OutermostLines(levels);
    }

    private void begin(JsonGenerator g) {
        if (_nesting <= levels) {
            _objectIndenter.writeIndentation(g, _nesting);
        }
    }

    private void next(JsonGenerator g) {
        g.writeRaw(_nesting <= levels ? "," : ", ");
        begin(g);
    }

    private void end(JsonGenerator g, int entries, char bracket) {
        if (entries > 0 && _nesting <= levels) {
            _objectIndenter.writeIndentation(g, _nesting - 1);
        }
        _nesting--;
        g.writeRaw(bracket);
    }

    @Override
    public void beforeObjectEntries(JsonGenerator g) {
        begin(g);
    }

    @Override
    public void writeObjectEntrySeparator(JsonGenerator g) {
        next(g);
    }

    @Override
    public void writeObjectNameValueSeparator(JsonGenerator g) {
        g.writeRaw(": ");
    }

    @Override
    public void writeEndObject(JsonGenerator g, int entries) {
        end(g, entries, '}');
    }

    @Override
    public void writeStartArray(JsonGenerator g) {
        _nesting++;
        g.writeRaw('[');
    }

    @Override
    public void beforeArrayValues(JsonGenerator g) {
        begin(g);
    }

    @Override
    public void writeArrayValueSeparator(JsonGenerator g) {
        next(g);
    }

    @Override
    public void writeEndArray(JsonGenerator g, int entries) {
        end(g, entries, ']');
    }
}
