package donna.data;

/** Which part of a data set: the images to learn from, or those held back for the final numbers. */
public enum Split {
    TRAIN("train"),
    TEST("test");

    private final String word;

    Split(String word) {
        this.word = word;
    }

    /** The word in folder names and messages. */
    public String word() {
        return word;
    }
}
