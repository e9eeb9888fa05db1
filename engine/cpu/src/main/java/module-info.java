module donna.cpu {
    requires transitive donna.core;
    requires jdk.incubator.vector;
}
