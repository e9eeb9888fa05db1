/**
 * Training: a step (forward, backward and update) is one graph, compiled once and run many times. Loops belong to the callers, who know their data.
 */
package donna.train;
