/**
 * Lessons, in order: a graph and its gradient, a network and its training.
 */
package donna.examples;
