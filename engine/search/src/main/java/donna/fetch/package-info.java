/**
 * Brings data sets: from a folder, archive or mirror that the user names, from the system's package managers (no
 * root needed), or from the data set's official address, in this order. Whatever the source, every file's SHA-256
 * is compared with a digest that is part of the program. Digests are of the unpacked content, because packagers
 * compress the same content anew.
 */
package donna.fetch;
