/** What long work has in common: progress, cancelling, keeping finished pieces, sharing it among devices. */
package donna.jobs;
