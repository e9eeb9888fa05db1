package donna.fetch;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Copies what an address gives into a file. */
final class Download {
    private static final int CONNECT_MS = 15_000;
    private static final int READ_MS = 60_000;
    private static final int MAX_REDIRECTS = 5;

    private Download() {}

    /**
     * @param limit most bytes that are taken
     * @throws DonnaException.Unavailable if the address does not answer with the file, or with more than {@code
     *     limit} bytes
     */
    static void to(Path target, URI address, long limit) {
        try {
            URLConnection connection = open(address);
            long length = connection.getContentLengthLong();
            long copied = 0;
            try (InputStream in = connection.getInputStream();
                    OutputStream out = Files.newOutputStream(target)) {
                byte[] chunk = new byte[1 << 16];
                int n = in.read(chunk);
                while (n > 0 && copied <= limit) {
                    out.write(chunk, 0, n);
                    copied += n;
                    n = in.read(chunk);
                }
            }
            if (copied > limit || length >= 0 && copied != length) {
                throw new DonnaException.Unavailable(fileOf(address) + ": it gave " + copied + " bytes, expected "
                        + (copied > limit ? "at most " + limit : length + "; the connection broke, try again"));
            }
        } catch (IOException e) {
            throw new DonnaException.Unavailable(
                    fileOf(address) + " cannot be read (" + e.getClass().getSimpleName() + ": " + e.getMessage() + ")",
                    e);
        }
    }

    private static String fileOf(URI address) {
        return address.toString().substring(address.toString().lastIndexOf('/') + 1);
    }

    private static URLConnection open(URI address) throws IOException {
        URI at = address;
        for (int i = 0; i <= MAX_REDIRECTS; i++) {
            String scheme = String.valueOf(at.getScheme()).toLowerCase(Locale.ROOT);
            if (!scheme.equals("http") && !scheme.equals("https")) {
                throw new IOException("'" + at + "' is no http or https address");
            }
            HttpURLConnection connection = (HttpURLConnection) at.toURL().openConnection();
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout(CONNECT_MS);
            connection.setReadTimeout(READ_MS);
            int status = connection.getResponseCode();
            String location = connection.getHeaderField("Location");
            if (status == HttpURLConnection.HTTP_OK) {
                return connection;
            }
            connection.disconnect();
            if (status < 300 || status > 399 || location == null) {
                throw new IOException("status " + status);
            }
            try {
                at = at.resolve(location);
            } catch (IllegalArgumentException e) {
                throw new IOException("it leads to '" + location + "', which is no address", e);
            }
        }
        throw new IOException("more than " + MAX_REDIRECTS + " redirections");
    }
}
