module donna.cpu {
    requires transitive donna.core;
}
