/**
 * Files that other tools read too. Everything is written whole or not at all, and whatever is read is bounded,
 * checked and never executed.
 */
package donna.format;
