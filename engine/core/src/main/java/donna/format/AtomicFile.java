package donna.format;

import donna.tensor.DonnaException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Writes a file so that readers and a crash at any moment see the old content or the new, never a part: a temporary
 * file beside the target, forced to the disk, renamed over it.
 */
public final class AtomicFile {
    private AtomicFile() {}

    /** What goes into the file. */
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    /** Replaces {@code target} by {@code content}. */
    public static void write(Path target, byte[] content) {
        write(target, out -> out.write(content));
    }

    /**
     * Replaces {@code target}; makes its folder where it is missing.
     *
     * @param content is given a buffered stream that it need not close
     * @throws DonnaException.InvalidInput if the file cannot be written; nothing is left behind
     */
    public static void write(Path target, Content content) {
        Path folder = target.toAbsolutePath().getParent();
        try {
            Files.createDirectories(folder);
            // Not a createTempFile: that is readable by its owner only, whatever the user's umask says of new files.
            Path temporary = folder.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
            try {
                try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                    OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
                    content.writeTo(out);
                    out.flush();
                    channel.force(true);
                }
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
            forceFolder(folder);
        } catch (AccessDeniedException e) {
            throw new DonnaException.InvalidInput(
                    target + ": cannot be written (no permission in " + folder
                            + "); choose a folder that you may write to",
                    e);
        } catch (IOException e) {
            throw new DonnaException.InvalidInput(
                    target + ": cannot be written (" + e.getMessage()
                            + "); check that the disk has room and the folder may be written to",
                    e);
        }
    }

    /** Makes the rename itself survive a power failure, where the system lets a folder be opened. */
    private static void forceFolder(Path folder) throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
