/** Lessons: each is a short program, a test and a part of the documentation. */
module donna.examples {
    requires donna.search;
}
