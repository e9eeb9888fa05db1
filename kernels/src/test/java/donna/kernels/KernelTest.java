package donna.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What Java says about the kernels is what their sources say. */
class KernelTest {
    private static final Pattern KERNEL = Pattern.compile("KERNEL __launch_bounds__\\(([^)]*)\\) (\\w+)\\(([^)]*)\\)");

    private static Parameter kind(String declaration) {
        String type = declaration.strip().replaceFirst("\\s*\\w+$", "");
        return switch (type) {
            case "int" -> Parameter.INT;
            case "long long" -> Parameter.LONG;
            case "float" -> Parameter.FLOAT;
            case "stored*", "const stored*" -> Parameter.STORED;
            default -> {
                assertTrue(type.endsWith("*"), declaration);
                yield Parameter.POINTER;
            }
        };
    }

    @Test
    void everyKernelOfTheSourcesIsListedWithItsParameters() {
        Map<String, List<Parameter>> written = new TreeMap<>();
        for (KernelFile file : KernelFile.values()) {
            Matcher m = KERNEL.matcher(file.source());
            while (m.find()) {
                List<Parameter> kinds = new ArrayList<>();
                for (String p : m.group(3).replaceAll("\\s+", " ").split(",")) {
                    kinds.add(kind(p));
                }
                assertEquals(null, written.put(file.fileName() + " " + m.group(2), kinds), m.group(2) + " is there twice");
            }
        }
        Map<String, List<Parameter>> listed = new TreeMap<>();
        for (Kernel k : Kernel.values()) {
            listed.put(k.file().fileName() + " " + k.entry(), k.parameters());
        }
        assertEquals(listed, written);
    }

    @Test
    void everyKernelBeginsByWaitingForThoseBeforeIt() {
        List<String> not = new ArrayList<>();
        for (KernelFile file : KernelFile.values()) {
            Matcher m = KERNEL.matcher(file.source());
            while (m.find()) {
                if (!file.source().substring(m.end()).startsWith(" {\n    begin_after_predecessors();\n")) {
                    not.add(file.fileName() + " " + m.group(2));
                }
            }
        }
        assertEquals(List.of(), not);
    }

    @Test
    void sourcesIncludeNothingForACardAndAddNothingAtomicallyButBlocks() {
        for (KernelFile file : KernelFile.values()) {
            String source = file.source();
            assertEquals(
                    List.of("#include \"simulated_device.h\""),
                    source.lines().filter(l -> l.startsWith("#include")).toList(),
                    file.fileName());
            assertFalse(source.replace("atomicInc(counter, ", "").contains("atomic"), file.fileName());
        }
    }

    @Test
    void blocksAreOfTheSizeThatTheSourcesCountOn() {
        String header = KernelFile.SUM.source();
        assertTrue(header.contains("#define BLOCK " + Launch.BLOCK + "\n"));
        assertTrue(header.contains("#define LANES " + Launch.LANES + "\n"));
        assertTrue(header.contains("#define ROWS " + Launch.ROWS + "\n"));
        assertEquals(new Launch(2, 1, 1, Launch.BLOCK, 1), Launch.elements(257));
        assertEquals(new Launch(2, 5, 1, Launch.LANES, Launch.ROWS), Launch.channels(33, 5, 1));
        assertThrows(IllegalArgumentException.class, () -> Launch.channels(8, 65536, 1));
    }
}
