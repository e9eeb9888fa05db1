/** What long work has in common: progress, cancelling, keeping finished pieces. */
package donna.jobs;
