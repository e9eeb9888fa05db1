module donna.cli {
    requires donna.search;
}
