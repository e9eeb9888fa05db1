/**
 * The user's file: what to search, on which data, with which budget.
 *
 * <p>A spec is YAML 1.2 or JSON. {@link donna.spec.SearchSpec#read} turns it into records and refuses it as a whole
 * when anything in it is
 * wrong: every mistake is reported at once, with its path and what is allowed there, before any work starts.
 *
 * <pre>{@code
 * SearchSpec spec = SearchSpec.read(Path.of("quickstart.yaml"), Map.of("seed", "2", "teacher.train.epochs", "1"));
 * Json.write(run.resolve("spec.resolved.json"), spec);
 * }</pre>
 *
 * <p>Reading is plain code over a tree of maps rather than binding by annotations, because a binder stops at the first
 * mistake and knows
 * neither ranges nor what one entry demands of another. {@link donna.spec.Json} is the only door to the JSON library.
 */
package donna.spec;
