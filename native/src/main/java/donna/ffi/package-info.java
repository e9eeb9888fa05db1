/** C libraries as Java interfaces and their Foreign Function and Memory implementations. */
package donna.ffi;
