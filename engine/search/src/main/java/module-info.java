module donna.search {
    requires transitive donna.core;
}
