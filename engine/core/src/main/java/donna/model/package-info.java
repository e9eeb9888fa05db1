/**
 * Reference models by name, with the parameter names of timm (of the CIFAR ResNets: of their authors' files), so that weights go both ways. Each is a stem,
 * a row of units and a head; a {@link donna.model.ReferenceModel} cuts the row into the blocks of a search.
 *
 * <pre>{@code
 * ReferenceModel m = ReferenceModels.of("mobilenet_v2", ReferenceModels.Options.PUBLISHED.withClasses(10));
 * Network whole = m.network(m.automaticCuts());                    // stem, five blocks, head
 * Map<String, float[]> weights = WeightsFile.read(file, m.parameters());
 * }</pre>
 */
package donna.model;
