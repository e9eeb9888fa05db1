package donna.distill;

import donna.data.Dataset;
import donna.data.Normalization;

/**
 * The images of a search.
 *
 * @param train what networks learn from
 * @param validation held out of training: NSR and the predictor's labels
 * @param test for the final table only
 */
public record Images(Dataset train, Dataset validation, Dataset test, Normalization normalization) {}
