/**
 * The straight line of a search and the folder that keeps all its state. {@link donna.run.Search} is where to begin reading.
 */
package donna.run;
