/**
 * Lessons, in order: a graph and its gradient, a network and its training, a search.
 */
package donna.examples;
