package donna.jobs;

import donna.format.HostTensor;
import donna.tensor.DonnaException;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps finished pieces of work, so that an interrupted run goes on where it was. A key names everything the piece depends on. Thread-safe; a piece is
 * kept whole or not at all.
 */
public interface Store {
    /** Named tensors and words about them. */
    record Piece(Map<String, HostTensor> tensors, Map<String, String> info) {
        /**
         * What the piece says under {@code key}.
         *
         * @throws DonnaException.InvalidInput if it says nothing there
         */
        public String word(String key) {
            return Optional.ofNullable(info.get(key))
                    .orElseThrow(() -> new DonnaException.InvalidInput("a kept piece says nothing about '" + key + "', only about "
                            + info.keySet() + "; it was altered, delete its file"));
        }
    }

    /** The piece kept under {@code key}, if there is one. */
    Optional<Piece> load(String key);

    void save(String key, Piece piece);

    /** Forgets a piece; nothing happens if there is none. */
    void remove(String key);

    /** Keeps nothing. */
    Store NONE = new Store() {
        @Override
        public Optional<Piece> load(String key) {
            return Optional.empty();
        }

        @Override
        public void save(String key, Piece piece) {}

        @Override
        public void remove(String key) {}
    };
}
