package donna.run;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a process started by a test needs on its class path. */
public final class ChildClassPath {
    private ChildClassPath() {}

    /** Everything this process runs with, as one class path. */
    public static String text() {
        List<String> all = new ArrayList<>();
        for (String property : List.of("jdk.module.path", "java.class.path", "surefire.real.class.path")) {
            all.addAll(Arrays.asList(System.getProperty(property, "").split(File.pathSeparator)));
        }
        all.add(Path.of(System.getProperty("basedir", ""), "target", "test-classes").toAbsolutePath().toString());
        all.removeIf(String::isEmpty);
        return String.join(File.pathSeparator, all.stream().distinct().toList());
    }
}
