/**
 * The {@code donna} command: one class per verb. Results go to standard output, progress and errors to standard error. The only place that writes to
 * either or ends the process.
 */
package donna.cli;
