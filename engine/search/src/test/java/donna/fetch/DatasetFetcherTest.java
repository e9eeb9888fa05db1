package donna.fetch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import donna.data.Normalization;
import donna.tensor.DonnaException;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetFetcherTest {
    private static final byte[] A = "the content of a".getBytes(StandardCharsets.UTF_8);
    private static final byte[] B = "the content of b, longer".getBytes(StandardCharsets.UTF_8);
    // By sha256sum.
    private static final String SHA_A = "cd64960244c4d812cadc49b552c99f28ec8eb848c3fc77444009473933e58272";
    private static final String SHA_B = "862fa4b013d2f2de3e15db1ac18dddbd4f94af80a2b49b05df1aceb80736f6d7";

    @TempDir
    Path dir;

    private final List<String> lines = new ArrayList<>();

    private static KnownDataset dataset() {
        return new KnownDataset(
                "tiny",
                "two files",
                List.of("x"),
                Normalization.none(1),
                List.of(new DatasetFile("a", A.length, SHA_A), new DatasetFile("b", B.length, SHA_B)));
    }

    private DatasetFetcher fetcher() {
        return new DatasetFetcher(dir.resolve("cache"), lines::add);
    }

    private Path folder(String name, byte[] a, byte[] b) throws IOException {
        Path f = Files.createDirectories(dir.resolve(name).resolve("deep"));
        Files.write(f.resolve("a"), a);
        Files.write(f.resolve("b.gz"), gzip(b));
        return f.getParent();
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gz = new GZIPOutputStream(out)) {
            gz.write(content);
        }
        return out.toByteArray();
    }

    @Test
    void aFolderIsCopiedVerifiedAndNotFetchedAgain() throws IOException {
        Path source = folder("given", A, B);
        Path killed = Files.createDirectories(dir.resolve("cache/.tiny-staging-7/package"));
        Path got = fetcher().fetch(dataset(), Optional.of(source.toString()), List.of());
        assertFalse(Files.exists(killed.getParent()), "what a killed fetch left is still there");
        assertEquals(dir.resolve("cache/tiny"), got);
        assertTrue(Files.exists(got.resolve("a")) && Files.exists(got.resolve("b.gz")));
        lines.clear();
        assertEquals(got, fetcher().fetch(dataset(), Optional.empty(), List.of()));
        assertEquals(List.of(), lines);
    }

    @Test
    void whatWasAlteredInTheCacheIsNamedAndFetchedAgain() throws IOException {
        Path source = folder("given", A, B);
        Path got = fetcher().fetch(dataset(), Optional.of(source.toString()), List.of());
        byte[] altered = A.clone();
        altered[3] ^= 1;
        Files.write(got.resolve("a"), altered);
        fetcher().fetch(dataset(), Optional.of(source.toString()), List.of());
        assertTrue(lines.stream().anyMatch(l -> l.contains("altered: SHA-256")), lines.toString());
        assertEquals(new String(A, StandardCharsets.UTF_8), Files.readString(got.resolve("a")));
        Files.write(got.resolve("b.gz"), Arrays.copyOf(gzip(B), 12));
        fetcher().fetch(dataset(), Optional.of(source.toString()), List.of());
        assertTrue(lines.stream().anyMatch(l -> l.contains("damaged or truncated after")), lines.toString());
        assertFalse(Files.size(got.resolve("b.gz")) == 12);
    }

    @Test
    void whenEverySourceFailsTheMessageSaysWhyForEachAndNothingIsLeft() throws IOException {
        byte[] wrong = "the content of A".getBytes(StandardCharsets.UTF_8);
        Path altered = folder("altered", wrong, B);
        Path empty = Files.createDirectories(dir.resolve("empty"));
        List<Source> known = List.of(
                new Source.Folder(empty),
                new Source.DebianPackage("no-such-package-anywhere"),
                new Source.Web(URI.create("ftp://host/"), ".gz"));
        String m = assertThrows(
                        DonnaException.Unavailable.class,
                        () -> fetcher().fetch(dataset(), Optional.of(altered.toString()), known))
                .getMessage();
        for (String part : List.of(
                "folder " + altered + ": ",
                "altered: SHA-256 is",
                "folder " + empty + ": it does not hold a, b",
                "Debian's package no-such-package-anywhere: apt-get download",
                "ftp://host/",
                "no http or https")) {
            assertTrue(m.contains(part), part + " is missing in: " + m);
        }
        try (Stream<Path> left = Files.list(dir.resolve("cache"))) {
            assertEquals(
                    List.of(".tiny.lock"),
                    left.map(p -> p.getFileName().toString()).toList());
        }
    }

    @Test
    void aMirrorIsReadOverHttpWithRedirectionsAndTooMuchIsRefused() throws IOException {
        try (ServerSocket server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> serve(server));
            String host = "http://" + server.getInetAddress().getHostAddress() + ":" + server.getLocalPort();
            String absent = unavailable(host + "/none/");
            assertTrue(absent.contains("status 404"), absent);
            String tooLong = unavailable(host + "/long");
            assertTrue(tooLong.contains("expected at most"), tooLong);
            Path got = fetcher().fetch(dataset(), Optional.of(host + "/m"), List.of());
            assertTrue(Files.exists(got.resolve("b.gz")));
        }
    }

    /** Answers one request per connection until the socket is closed. */
    private static void serve(ServerSocket server) {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
                String path = in.readLine().split(" ")[1];
                for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {}
                byte[] body = switch (path) {
                    case "/m/a.gz", "/long/b.gz" -> gzip(A);
                    case "/moved/b.gz" -> gzip(B);
                    case "/long/a.gz" -> new byte[2 << 20];
                    default -> new byte[0];
                };
                String status = path.equals("/m/b.gz")
                        ? "302 Found\r\nLocation: /moved/b.gz"
                        : body.length == 0 ? "404 Not Found" : "200 OK";
                client.getOutputStream()
                        .write(("HTTP/1.1 " + status + "\r\nContent-Length: " + body.length
                                        + "\r\nConnection: close\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                client.getOutputStream().write(body);
            } catch (IOException e) {
                // A client that hung up (too long an answer) and the closed socket at the end look alike: go on, or
                // leave the loop.
                continue;
            }
        }
    }

    private String unavailable(String from) {
        return assertThrows(
                        DonnaException.Unavailable.class,
                        () -> fetcher().fetch(dataset(), Optional.of(from), List.of()))
                .getMessage();
    }

    @Test
    void aCacheThatCannotBeWrittenIsOneSentence() throws IOException {
        Path blocked = Files.writeString(dir.resolve("blocked"), "a file, no folder");
        DatasetFetcher f = new DatasetFetcher(blocked.resolve("cache"), lines::add);
        String m = assertThrows(
                        DonnaException.InvalidInput.class, () -> f.fetch(dataset(), Optional.empty(), List.of()))
                .getMessage();
        assertTrue(m.contains("cannot be kept in") && m.contains("XDG_CACHE_HOME"), m);
    }

    @Test
    void theListNamesWhatIsKnownAndWhatIsHere() {
        List<DatasetFetcher.Entry> list = fetcher().list();
        assertEquals(
                List.of("fashion-mnist", "mnist", "cifar10", "cifar100"),
                list.stream().map(e -> e.dataset().name()).toList());
        assertTrue(list.stream().allMatch(e -> e.folder().isEmpty()));
        assertEquals(100, KnownDataset.of("cifar100").classes().size());
        String m = assertThrows(DonnaException.InvalidInput.class, () -> KnownDataset.of("nmist"))
                .getMessage();
        assertTrue(m.contains("'nmist'") && m.contains("fashion-mnist"), m);
    }
}
