/** Blockwise distillation, accuracy prediction and search. */
module donna.search {
    requires transitive donna.core;

    exports donna.report;
}
