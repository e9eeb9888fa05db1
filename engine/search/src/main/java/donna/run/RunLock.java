package donna.run;

import donna.tensor.DonnaException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps a folder to one owner: a locked file with the owner's process id in it, which the system unlocks when the process ends in whatever way. Owner: closes
 * it.
 */
final class RunLock implements AutoCloseable {
    static final String NAME = "lock";

    /** Folders owned in this process: to close a second channel on a locked file would unlock it for others. */
    private static final Set<Path> OWNED = ConcurrentHashMap.newKeySet();

    private final Path folder;
    private final FileChannel channel;
    private final FileLock lock;

    private RunLock(Path folder, FileChannel channel, FileLock lock) {
        this.folder = folder;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Takes the lock of {@code folder}, which is made where it is missing.
     *
     * @throws DonnaException.InvalidInput if it is taken already, here or in another process, or it cannot be written
     */
    static RunLock take(Path folder) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new DonnaException.InvalidInput("run folder " + folder + " is a file; name a folder with --run");
        }
        try {
            Path real = Files.createDirectories(folder).toRealPath();
            if (!OWNED.add(real)) {
                throw busy(folder, Long.toString(ProcessHandle.current().pid()));
            }
            boolean taken = false;
            try {
                RunLock lock = lock(real);
                taken = true;
                return lock;
            } finally {
                if (!taken) {
                    OWNED.remove(real);
                }
            }
        } catch (IOException e) {
            throw new DonnaException.InvalidInput("run folder " + folder + " cannot be written: " + e + "; name another folder with --run", e);
        }
    }

    private static RunLock lock(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        boolean kept = false;
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw busy(folder, Files.readString(file).strip());
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.UTF_8)));
            kept = true;
            return new RunLock(folder, channel, lock);
        } finally {
            if (!kept) {
                channel.close();
            }
        }
    }

    private static DonnaException.InvalidInput busy(Path folder, String process) {
        return new DonnaException.InvalidInput(
                "run folder " + folder + ": process " + process + " works in it; wait for it, stop it, or name another folder with --run");
    }

    @Override
    public void close() {
        if (!lock.isValid()) {
            return;
        }
        try {
            lock.release();
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            OWNED.remove(folder);
        }
    }
}
