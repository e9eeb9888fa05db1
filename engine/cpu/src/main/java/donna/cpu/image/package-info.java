/** JPEG decoding with libjpeg-turbo, by the same door as other decoders: {@link donna.data.ImageDecoder}. */
package donna.cpu.image;
