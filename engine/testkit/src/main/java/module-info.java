/** The op catalogue and what every backend must do; in test scope only. */
module donna.testkit {
    requires transitive donna.core;
    requires transitive org.junit.jupiter.api;

    exports donna.testkit;
}
