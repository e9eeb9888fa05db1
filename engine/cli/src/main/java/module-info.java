/** The command line: verbs, exit codes, console. */
module donna.cli {
    requires donna.search;
    requires info.picocli;

    opens donna.cli to
            info.picocli;
}
