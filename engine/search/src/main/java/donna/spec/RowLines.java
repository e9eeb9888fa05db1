package donna.spec;

import tools.jackson.core.JsonGenerator;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;

/** Writes JSON with each entry of the outermost lists, such as a row of a table, in one line, and what is around them indented. */
final class RowLines extends DefaultPrettyPrinter {
    private static final long serialVersionUID = 1L;

    /** Of the outermost list that is open; 0 if there is none. */
    private int list;

    RowLines() {
        Indenter indenter = new DefaultIndenter();
        _objectIndenter = indenter;
        _arrayIndenter = indenter;
    }

    @Override
    public DefaultPrettyPrinter createInstance() {
        return new RowLines();
    }

    private boolean inRow() {
        return list > 0 && _nesting > list;
    }

    private void begin(JsonGenerator g) {
        if (!inRow()) {
            _objectIndenter.writeIndentation(g, _nesting);
        }
    }

    private void next(JsonGenerator g) {
        g.writeRaw(inRow() ? ", " : ",");
        begin(g);
    }

    private void end(JsonGenerator g, int entries, char bracket) {
        if (entries > 0 && !inRow()) {
            _objectIndenter.writeIndentation(g, _nesting - 1);
        }
        _nesting--;
        if (_nesting < list) {
            list = 0;
        }
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
        if (list == 0) {
            list = _nesting;
        }
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
