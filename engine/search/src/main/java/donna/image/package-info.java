/**
 * JPEG and PNG decoding with the JDK's own readers; the only package that needs java.desktop. It opens no window
 * and needs no display.
 */
package donna.image;
