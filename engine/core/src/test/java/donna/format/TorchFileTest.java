package donna.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.tensor.DType;
import donna.tensor.DonnaException;
import donna.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that PyTorch wrote (torchfiles.py), and the same ones damaged or with evil in them. */
class TorchFileTest {
    @TempDir
    Path dir;

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = TorchFileTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    private Map<String, HostTensor> read(String name, byte[] content) throws IOException {
        return TorchFile.read(Files.write(dir.resolve(name), content));
    }

    private String refused(String name, byte[] content) {
        String message = assertThrows(DonnaException.InvalidInput.class, () -> read(name, content)).getMessage();
        assertTrue(message.contains(name) && message.lines().count() == 1, message);
        return message;
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip.pth", "legacy.th"})
    void everyTensorIsWhatPyTorchSaved(String name) throws IOException {
        Map<String, HostTensor> t = read(name, resource(name));
        assertEquals(
                List.of("conv.weight", "bn.num_batches_tracked", "half", "brain", "transposed", "shared", "flags", "double"), List.copyOf(t.keySet()));
        float[] conv = t.get("conv.weight").floats();
        for (int i = 0; i < 24; i++) {
            assertEquals(i / 4f - 2, conv[i]);
        }
        assertEquals(Shape.of(2, 3, 2, 2), t.get("conv.weight").shape());
        assertEquals(HostTensor.of(Shape.of(), new int[] {391}), t.get("bn.num_batches_tracked"));
        assertArrayEquals(new float[] {1.5f, -2.25f}, t.get("half").floats());
        assertEquals(HostTensor.of(Shape.of(2, 1), new float[] {1.5f, -3}), t.get("brain"));
        assertEquals(HostTensor.of(Shape.of(4, 3), new float[] {0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}), t.get("transposed"));
        assertArrayEquals(new float[] {2, 3, 4}, t.get("shared").floats());
        assertEquals(new HostTensor(DType.U8, Shape.of(2), new byte[] {1, 0}), t.get("flags"));
        assertArrayEquals(new double[] {0.1}, t.get("double").doubles());
    }

    @Test
    void theStateDictIsFoundInACheckpoint() throws IOException {
        assertTrue(read("checkpoint.pt", resource("checkpoint.pt")).keySet().containsAll(List.of("conv.weight", "bn.running_var")));
    }

    @Test
    void aWholeModelIsRefusedByTheNameOfItsClass() throws IOException {
        assertTrue(refused("whole.pt", resource("whole.pt")).contains("torch.nn.modules.linear.Linear"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix\nsystem", "os\nsystem", "builtins\neval", "__builtin__\nexec", "subprocess\nPopen", "java.lang.Runtime\nexec"})
    void whatCouldRunIsRefusedByName(String evil) throws IOException {
        String before = new String(resource("legacy.th"), StandardCharsets.ISO_8859_1);
        byte[] after = before.replace("ccollections\nOrderedDict\n", "c" + evil + "\n").getBytes(StandardCharsets.ISO_8859_1);
        assertFalse(new String(after, StandardCharsets.ISO_8859_1).equals(before));
        assertTrue(refused("evil.th", after).contains(evil.replace('\n', '.')));
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip.pth", "legacy.th"})
    void aTruncatedFileIsOneSentence(String name) throws IOException {
        byte[] whole = resource(name);
        for (int length = 0; length < whole.length; length += 1 + length / 97) {
            refused(name, Arrays.copyOf(whole, length));
        }
        refused(name, Arrays.copyOf(whole, whole.length - 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"zip.pth", "legacy.th"})
    void anAlteredByteGivesOtherNumbersOrOneSentence(String name) throws IOException {
        byte[] whole = resource(name);
        int refusals = 0;
        for (int i = 0; i < whole.length; i++) {
            for (int flip : new int[] {0x01, 0x80, 0xff}) {
                byte[] altered = whole.clone();
                altered[i] ^= (byte) flip;
                try {
                    read(name, altered);
                } catch (DonnaException.InvalidInput e) {
                    assertEquals(1, e.getMessage().lines().count(), e.getMessage());
                    refusals++;
                }
            }
        }
        assertTrue(refusals > 100, "only " + refusals + " of " + 3 * whole.length + " were refused");
    }

    /** A storage that says it has 2^30 numbers, in a file of a few hundred bytes. */
    @Test
    void aStorageLargerThanTheFileIsRefusedBeforeItIsAllocated() throws IOException {
        String before = new String(resource("legacy.th"), StandardCharsets.ISO_8859_1);
        int at = before.indexOf("K\u0018N", before.indexOf("FloatStorage"));
        byte[] after = (before.substring(0, at) + "J\u0000\u0000\u0000\u0040" + before.substring(at + 2)).getBytes(StandardCharsets.ISO_8859_1);
        assertTrue(refused("large.th", after).contains("1073741824"));
    }

    @Test
    void otherFilesAreNamedForWhatTheyAreNot() throws IOException {
        assertTrue(refused("text.pth", "not a model".getBytes(StandardCharsets.UTF_8)).contains("torch.save"));
        assertTrue(refused("empty.pth", new byte[0]).contains("torch.save"));
        String missing = assertThrows(DonnaException.InvalidInput.class, () -> TorchFile.read(dir.resolve("absent.pth"))).getMessage();
        assertTrue(missing.contains("no such file"), missing);
    }
}
