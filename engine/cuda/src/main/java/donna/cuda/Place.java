package donna.cuda;

/** {@code offset} bytes into a slot. */
record Place(Slot slot, long offset) {
    /** From element {@code first} on. */
    static Place of(Slot slot, int first) {
        return new Place(slot, (long) first * slot.storage().bytes());
    }
}
