/**
 * Labelled images and how they become batches.
 *
 * <p>A {@link donna.data.Dataset} holds raw bytes; {@link donna.data.Batcher} turns any of its images, in any order
 * and from any thread, into normalised and augmented floats. Nothing here keeps a position or a random generator:
 * the order of an epoch ({@link donna.data.EpochOrder}) and the augmentation of an image are functions of (seed,
 * epoch, index), so a run gives the same bits however many threads prepare its batches, and resumes at any batch
 * without replaying the others.
 */
package donna.data;
