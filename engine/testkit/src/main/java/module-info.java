module donna.testkit {
    requires transitive donna.core;
}
