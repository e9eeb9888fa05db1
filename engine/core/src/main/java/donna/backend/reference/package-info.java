/**
 * The plain-Java backend: the definition that other backends are tested against. Every value is an array of doubles in
 * row-major order; arithmetic is in double, and each result is rounded to its value's data type, so that a graph of
 * {@code F64} specs runs in double throughout. Written to be read, not to be fast; a run allocates where that makes the
 * code plainer.
 */
package donna.backend.reference;
